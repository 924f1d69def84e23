package receipt

import (
	"bytes"
	"strings"
	"testing"

	"readback/smpp"
)

// wholeText is the user data of the receipt of a whole message, made of that of one of its parts.
func wholeText(esmClass, dataCoding byte, userData []byte, whole Part) []byte {
	b := readBody(esmClass, dataCoding, userData)
	return b.whole(whole, true)
}

func TestWholeText(t *testing.T) {
	whole := func(state State, err string) Part {
		return Part{State: state, ID: "FIRST", Err: err, Text: "words"}
	}
	for _, tt := range []struct {
		name, text string
		whole      Part
		want       string
	}{
		{"delivered", "id:2 sub:001 dlvrd:001 stat:DELIVRD err:000 text:end", whole(Delivered, "000"), "id:FIRST sub:001 dlvrd:001 stat:DELIVRD err:000 text:words"},
		{"failed", "id:2 dlvrd:001 stat:DELIVRD err:000 Text:end", whole(Rejected, "0045"), "id:FIRST dlvrd:000 stat:REJECTD err:0045 Text:words"},
		{"no error code known", "id:2 stat:DELIVRD err:000", whole(Unknown, ""), "id:FIRST stat:UNKNOWN err:000"},
		{"no words", "id:2 stat:DELIVRD", whole(Delivered, ""), "id:FIRST stat:DELIVRD"},
		{"no words in the first", "id:2 stat:DELIVRD text:end", Part{State: Delivered, ID: "1"}, "id:1 stat:DELIVRD text:"},
		{"a name in the words", "stat:DELIVRD id:2 text:id:9 stat:x", whole(Expired, ""), "stat:EXPIRED id:FIRST text:words"},
		{"the other name in the words", "id:2 stat:DELIVRD Text:a text: b", whole(Delivered, ""), "id:FIRST stat:DELIVRD Text:words"},
		{"the words in front", "text:a b stat:DELIVRD id:2", whole(Expired, ""), "text:words stat:EXPIRED id:FIRST"},
		{"other case and spacing", "ID : 2\r\nStat: DELIVRD\nDlvrd: 001 ERR: 000\nTEXT:end", whole(Expired, "9"), "ID : FIRST\r\nStat: EXPIRED\nDlvrd: 000 ERR: 9\nTEXT:words"},
		{"no spaces", "id:2stat:DELIVRDerr:000", whole(Expired, "9"), "id:FIRSTstat:EXPIREDerr:9"},
		{"no values", "id: stat: err:", whole(Expired, "9"), "id:FIRST stat:EXPIRED err:9"},
		{"NUL at the end", "id:2 stat:DELIVRD\x00", whole(Expired, ""), "id:FIRST stat:EXPIRED\x00"},
		{"a word of the SMSC's own", "id:2 stat:FAILED err:000", whole(Undeliverable, ""), "id:FIRST stat:UNDELIV err:000"},
		{"small letters", "id:2 stat:delivered", whole(Delivered, ""), "id:FIRST stat:DELIVRD"},
		{"no stat", "id:2 dlvrd:001 done date:2611230829 err:000 text:end", whole(Unknown, ""), "id:FIRST dlvrd:000 done date:2611230829 stat:UNKNOWN err:000 text:words"},
		{"no stat, no err", "id:2 done date:2611230829 08:29 Text:end", whole(Expired, ""), "id:FIRST done date:2611230829 08:29 stat:EXPIRED Text:words"},
		{"no stat behind it", "id:2 done date:2611230829\r\n", whole(Accepted, ""), "id:FIRST done date:2611230829 stat:ACCEPTD\r\n"},
		{"no stat, no spaces", "id:2err:000", whole(Expired, "9"), "id:FIRST stat:EXPIRED err:9"},
		{"no stat, text in front", "TEXT : a b id:2", whole(Expired, ""), "stat:EXPIRED TEXT :words id:FIRST"},
		{"no stat, err in front", "err: 000 id:2", whole(Expired, ""), "stat:EXPIRED err: 000 id:FIRST"},
		{"an empty stat", "id:2 stat:", whole(Rejected, ""), "id:FIRST stat:REJECTD"},
		{"no fields", "Hello", whole(Rejected, ""), "Hello"},
		{"nothing", "", whole(Delivered, ""), ""},
	} {
		if got := string(wholeText(0x04, 0, []byte(tt.text), tt.whole)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if got, want := wholeText(0x04, 8, []byte(ucs2(tt.text)), tt.whole), ucs2(tt.want); string(got) != want {
			t.Errorf("%s, UCS2: got %q, want %q", tt.name, got, want)
		}
	}
}

// The words of the first part's receipt may be in another coding than the last one, and
// there may be a header.
func TestWholeTextCoding(t *testing.T) {
	const header = "\x05\x00\x03\x2A\x01\x01"
	text := func(dataCoding byte, words string) []byte {
		s := "id:2 stat:DELIVRD text:" + words
		if dataCoding == 8 {
			s = ucs2(s)
		}
		return []byte(header + s)
	}
	for _, tt := range []struct {
		name        string
		first, last byte
		words, want string
	}{
		{"both UCS2", 8, 8, "Gr\u00FC\u00DFe", "Gr\u00FC\u00DFe"},
		{"UCS2 and ASCII", 8, 1, "Gr\u00FC\u00DFe", "Gr??e"},
		{"ASCII and UCS2", 1, 8, "Hello", "Hello"},
		{"Latin-1 and UCS2", 3, 8, "Gr\xFC\xDFe", "Gr\u00FC\u00DFe"},
		{"both Latin-1", 3, 3, "Gr\xFC\xDFe", "Gr\xFC\xDFe"},
		{"none", 8, 8, "", ""},
	} {
		r, _ := (&Source{ESMClass: 0x44, DataCoding: tt.first, UserData: text(tt.first, tt.words)}).Parse()
		got := wholeText(0x44, tt.last, text(tt.last, "end"), r.Part())
		if want := text(tt.last, tt.want); !bytes.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, want)
		}
	}
}

// The receipt of the whole keeps what it does not change, in order.
func TestAppendWhole(t *testing.T) {
	const vendor = smpp.Tag(0x1501)
	made := func(id string, state State, network string) smpp.Frame {
		return deliver(0x44, 3, "id:"+id+" stat:"+state.Stat(),
			tlv(vendor, "abc")+idTLV(id+"\x00")+tlv(smpp.TagNetworkErrorCode, network)+stateTLV(string(rune(state))))
	}
	m := parsed(t, made("P2", Delivered, "\x03\x00\x01"))
	for network, want := range map[string]string{"": "\x03\x00\x01", "\x03\x00\x09": "\x03\x00\x09"} {
		got, ok := AppendWhole([]byte("-"), m, Part{State: Undeliverable, ID: "P1", Network: network})
		if want := made("P1", Undeliverable, want); !ok || !bytes.Equal(got, want) {
			t.Errorf("network_error_code % x: got %t\n% x, want\n% x", network, ok, []byte(got), []byte(want))
		}
	}
	if got, ok := AppendWhole(nil, m, Part{State: Undeliverable, ID: strings.Repeat("9", 250)}); ok {
		t.Errorf("too long: got % x", []byte(got))
	}
}

// A state that m says in neither way is told: in the text, or in message_state if the text has no fields.
func TestAppendWholeWithoutState(t *testing.T) {
	for _, tt := range []struct{ name, text, tlvs, wantText, wantTLVs string }{
		{"text", "id:P2 err:000", "", "id:P1 stat:UNDELIV err:000", ""},
		{"text and id", "id:P2 err:000", idTLV("P2\x00"), "id:P1 stat:UNDELIV err:000", idTLV("P1\x00")},
		{"id alone", "", idTLV("P2\x00"), "", idTLV("P1\x00") + stateTLV("\x05")},
		{"id alone, and other octets", "", idTLV("P2\x00") + "\x00\x00\x00", "", idTLV("P1\x00") + stateTLV("\x05") + "\x00\x00\x00"},
		{"id and other words", "done", idTLV("P2\x00"), "done", idTLV("P1\x00") + stateTLV("\x05")},
		{"state that no standard has", "id:P2 err:000", stateTLV("\x63"), "id:P1 err:000", stateTLV("\x05")},
		{"state of two octets", "id:P2 err:000", stateTLV("\x05\x00"), "id:P1 err:000", stateTLV("\x05")},
	} {
		m, err := smpp.ParseLenient(deliver(0x04, 0, tt.text, tt.tlvs))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := AppendWhole(nil, m, Part{State: Undeliverable, ID: "P1"})
		if want := deliver(0x04, 0, tt.wantText, tt.wantTLVs); !ok || !bytes.Equal(got, want) {
			t.Errorf("%s: got %t\n% x, want\n% x", tt.name, ok, []byte(got), []byte(want))
		}
	}
}

// A receipt may have no text: a data_sm has no place for one either.
func TestAppendWholeWithoutText(t *testing.T) {
	tlvs := func(id string, s State) string { return string(AppendTLVs(nil, id, s)) }
	for name, f := range map[string]func(id string, s State) smpp.Frame{
		"deliver_sm": func(id string, s State) smpp.Frame { return deliver(0x04, 0, "", tlvs(id, s)) },
		"data_sm":    func(id string, s State) smpp.Frame { return data(0x04, 0, tlvs(id, s)) },
	} {
		got, ok := AppendWhole(nil, parsed(t, f("P2", Delivered)), Part{State: Undeliverable, ID: "P1", Text: "words"})
		if want := f("P1", Undeliverable); !ok || !bytes.Equal(got, want) {
			t.Errorf("%s: got %t\n% x, want\n% x", name, ok, []byte(got), []byte(want))
		}
	}
}

func TestPart(t *testing.T) {
	text := "id:X stat:DELIVRD err:021 text:end"
	r, _ := Parse(parsed(t, deliver(0x04, 0, text, idTLV("P2\x00")+stateTLV("\x05")+tlv(smpp.TagNetworkErrorCode, "\x03\x00\x01"))))
	want := Part{State: Undeliverable, ID: "P2", Err: "021", Network: "\x03\x00\x01", Text: "end"}
	if got := r.Part(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
