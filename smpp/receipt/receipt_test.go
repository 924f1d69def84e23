package receipt

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/smpp"
)

// deliver makes a deliver_sm, with a registered_delivery.
func deliver(esmClass, dataCoding byte, userData, tlvs string) smpp.Frame {
	f := smpp.AppendHeader(nil, pdu.DeliverSMID, 0, 7, 0)
	f = append(f, "\x00\x01\x01447700900123\x00\x00\x0110690001\x00"...)
	f = append(f, esmClass, 0, 0, 0, 0, 0x11, 0, dataCoding, 0, byte(len(userData)))
	f = append(append(f, userData...), tlvs...)
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f
}

// data makes a data_sm.
func data(esmClass, dataCoding byte, tlvs string) smpp.Frame {
	f := smpp.AppendHeader(nil, pdu.DataSMID, 0, 7, 0)
	f = append(f, "\x00\x01\x01447700900123\x00\x00\x0110690001\x00"...)
	f = append(append(f, esmClass, 0, dataCoding), tlvs...)
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f
}

func parsed(t testing.TB, f smpp.Frame) smpp.Message {
	t.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tlv(tag smpp.Tag, value string) string { return string(smpp.AppendTLV(nil, tag, []byte(value))) }

func idTLV(value string) string    { return tlv(smpp.TagReceiptedMessageID, value) }
func stateTLV(value string) string { return tlv(smpp.TagMessageState, value) }

// ucs2 encodes ASCII and characters up to U+00FF.
func ucs2(s string) string {
	var out []byte
	for _, r := range s {
		out = binary.BigEndian.AppendUint16(out, uint16(r))
	}
	return string(out)
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, text, tlvs string
		id               string
		state            State
	}{
		{"text", appendixB, "", "4A7F01", Delivered},
		{"TLVs", "", idTLV("4A7F01\x00") + stateTLV("\x02"), "4A7F01", Delivered},
		{"TLVs the other way round", "", stateTLV("\x02") + idTLV("4A7F01\x00"), "4A7F01", Delivered},
		{"both", appendixB, idTLV("4A7F01\x00") + stateTLV("\x02"), "4A7F01", Delivered},
		{"id without NUL", "", idTLV("4A7F01") + stateTLV("\x03"), "4A7F01", Expired},
		{"id with leading zeros", "", idTLV("0004a7f01\x00") + stateTLV("\x02"), "0004a7f01", Delivered},
		{"decimal id", "id:4882177 stat:DELIVRD", "", "4882177", Delivered},
		{"small letters", "id:a stat:delivrd", "", "a", Delivered},
		{"no id", "stat:DELIVRD err:000", "", "", Delivered},
		{"empty id", "id: stat:DELIVRD", idTLV("\x00") + stateTLV("\x02"), "", Delivered},
		{"no state", "id:4A7F01 err:000", "", "4A7F01", Unknown},
		{"an empty state", "id:4A7F01 stat: err:000", "", "4A7F01", Unknown},
		{"a state of no standard", "id:A stat:READ", "", "A", Unknown},
		{"a word of the SMSC's own", "id:A stat:FAILED", "", "A", Undeliverable},
		{"NULs at the end", "id:A stat:DELIVRD\x00\x00", "", "A", Delivered},
		{"no text", "", "", "", Unknown},
		{"any text", "Hello", "", "", Unknown},

		// Where they disagree the TLVs win.
		{"TLVs win", appendixB, idTLV("OTHER\x00") + stateTLV("\x05"), "OTHER", Undeliverable},
		{"text UNDELIV, TLV delivered", "id:A stat:UNDELIV", stateTLV("\x02"), "A", Delivered},
		{"text DELIVRD, TLV undeliverable", "id:A stat:DELIVRD", stateTLV("\x05"), "A", Undeliverable},
		{"text final, TLV not", "id:A stat:DELIVRD", stateTLV("\x01"), "A", Enroute},
		{"text not final, TLV is", "id:A stat:ENROUTE", stateTLV("\x02"), "A", Delivered},
		{"TLV scheduled", "id:A stat:DELIVRD", stateTLV("\x00"), "A", Enroute},
		{"TLV skipped", "id:A stat:DELIVRD", stateTLV("\x09"), "A", Undeliverable},
		{"id alone", appendixB, idTLV("OTHER\x00"), "OTHER", Delivered},
		{"state alone", appendixB, stateTLV("\x05"), "4A7F01", Undeliverable},

		// A TLV that says nothing is as good as none.
		{"empty TLV id", appendixB, idTLV("") + stateTLV("\x05"), "4A7F01", Undeliverable},
		{"NUL as TLV id", appendixB, idTLV("\x00") + stateTLV("\x05"), "4A7F01", Undeliverable},
		{"state of two octets", appendixB, idTLV("OTHER\x00") + stateTLV("\x05\x00"), "OTHER", Delivered},
		{"state of no standard", appendixB, idTLV("OTHER\x00") + stateTLV("\x63"), "OTHER", Delivered},
		{"state of no standard alone", "", idTLV("OTHER\x00") + stateTLV("\x0A"), "OTHER", Unknown},
		{"empty state", appendixB, stateTLV(""), "4A7F01", Delivered},
		{"the first of two", "", idTLV("A\x00") + idTLV("B\x00") + stateTLV("\x05") + stateTLV("\x02"), "A", Undeliverable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, ok := Parse(parsed(t, deliver(0x04, 0, tt.text, tt.tlvs)))
			if !ok || string(r.ID) != tt.id || r.State != tt.state || r.Intermediate {
				t.Errorf("got %q, %v, intermediate %t, ok %t; want %q, %v", r.ID, r.State, r.Intermediate, ok, tt.id, tt.state)
			}
		})
	}
}

// The type in esm_class says what is a receipt. Its other bits do not matter.
func TestParseClass(t *testing.T) {
	const none, final, intermediate = "none", "final", "intermediate"
	for class, want := range map[byte]string{
		0x04: final, 0x07: final, 0x44: final, 0x84: final, 0xC4: final,
		0x20: intermediate, 0x60: intermediate,
		0x00: none, 0x03: none, 0x40: none, 0x08: none, 0x10: none, 0x18: none, 0x24: none, 0x0C: none,
	} {
		for name, f := range map[string]smpp.Frame{
			"deliver_sm": deliver(class, 0, "id:A stat:DELIVRD", ""),
			"data_sm":    data(class, 0, tlv(smpp.TagMessagePayload, "id:A stat:DELIVRD")),
		} {
			got := none
			if r, ok := Parse(parsed(t, f)); ok {
				got = intermediate
				if r.IsFinal() {
					got = final
				}
				if string(r.ID) != "A" || r.State != Delivered || r.Intermediate != (got == intermediate) {
					t.Errorf("%s, esm_class %02x: got %q, %v, intermediate %t", name, class, r.ID, r.State, r.Intermediate)
				}
			}
			if got != want {
				t.Errorf("%s, esm_class %02x: got %s, want %s", name, class, got, want)
			}
		}
	}
}

// A message of no type, or of both, is a receipt if it has receipted_message_id and message_state. Other
// types are none, whatever they have.
func TestParseTLVsOnly(t *testing.T) {
	const text = "id:B stat:UNDELIV"
	for name, tt := range map[string]struct {
		tlvs string
		want bool
	}{
		"both":          {idTLV("A\x00") + stateTLV("\x02"), true},
		"other order":   {stateTLV("\x02") + tlv(smpp.TagNetworkErrorCode, "\x03\x00\x01") + idTLV("A"), true},
		"no state":      {idTLV("A\x00"), false},
		"no id":         {stateTLV("\x02"), false},
		"empty id":      {idTLV("") + stateTLV("\x02"), false},
		"NUL as id":     {idTLV("\x00") + stateTLV("\x02"), false},
		"empty state":   {idTLV("A\x00") + stateTLV(""), false},
		"state of two":  {idTLV("A\x00") + stateTLV("\x02\x00"), false},
		"neither":       {"", false},
		"vendor's TLVs": {tlv(0x1401, "A\x00") + tlv(0x1402, "\x02"), false},
	} {
		for class := range 256 {
			kind := byte(class) & 0x3C
			want := kind == 0x04 || kind == 0x20 || (kind == 0 || kind == 0x24) && tt.want
			for what, f := range map[string]smpp.Frame{
				"deliver_sm": deliver(byte(class), 0, text, tt.tlvs),
				"data_sm":    data(byte(class), 0, tlv(smpp.TagMessagePayload, text)+tt.tlvs),
			} {
				r, ok := Parse(parsed(t, f))
				if ok != want || r.Intermediate != (kind == 0x20) || ok && tt.want && (string(r.ID) != "A" || r.State != Delivered) {
					t.Errorf("%s, %s, esm_class %02x: got %q, %v, intermediate %t, ok %t; want ok %t", name, what, class, r.ID, r.State, r.Intermediate, ok, want)
				}
			}
		}
	}
}

func TestReceiptFields(t *testing.T) {
	r, _ := Parse(parsed(t, golden.Bytes(t, "deliver_receipt.txt", "in")))
	got := r.Fields()
	for name, v := range map[string]struct {
		got  []byte
		want string
	}{
		"id":          {got.ID, "4A7F01"},
		"sub":         {got.Sub, "001"},
		"dlvrd":       {got.Delivered, "001"},
		"submit date": {got.SubmitDate, "2611230829"},
		"done date":   {got.DoneDate, "2611230829"},
		"stat":        {got.Stat, "DELIVRD"},
		"err":         {got.Err, "000"},
		"text":        {got.Text, "Hello"},
	} {
		if string(v.got) != v.want {
			t.Errorf("%s: got %q, want %q", name, v.got, v.want)
		}
	}
	if got, want := ParseDate(got.DoneDate), time.Date(2026, 11, 23, 8, 29, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("done date: got %v, want %v", got, want)
	}
	for _, bad := range []string{"", "26112308", "261123082900", "2613230829", "tomorrow"} {
		if got := ParseDate([]byte(bad)); !got.IsZero() {
			t.Errorf("%q: got %v, want no time", bad, got)
		}
	}
	r, _ = Parse(parsed(t, deliver(0x04, 0, "", "")))
	if got := r.Fields(); got.ID != nil || got.Text != nil || got.Stat != nil {
		t.Errorf("no text: got %+v, want nothing", got)
	}
}

// The golden PDUs that are receipts, and no others.
func TestParseGolden(t *testing.T) {
	type said struct {
		id    string
		state State
	}
	want := map[string]said{
		"deliver_receipt.txt":           {"4A7F01", Delivered},
		"deliver_receipt_disagrees.txt": {"4A7F01", Delivered},
		"deliver_receipt_ucs2.txt":      {"4A7F01", Expired},
		"feedback_receipt.txt":          {"4A7F01", Delivered},
	}
	for _, g := range golden.All(t) {
		f := smpp.Frame(g.In)
		if f.ID() != pdu.DeliverSMID {
			continue
		}
		r, ok := Parse(parsed(t, f))
		if got := (said{string(r.ID), r.State}); got != want[g.Name] || ok != (want[g.Name] != said{}) || r.IsFinal() != ok {
			t.Errorf("%s: got %+v, receipt %t, final %t, want %+v", g.Name, got, ok, r.IsFinal(), want[g.Name])
		}
	}
}

// A caller without smpp.Message gets the same.
func TestSource(t *testing.T) {
	m := parsed(t, golden.Bytes(t, "deliver_receipt.txt", "in"))
	s := Source{ESMClass: 0x04, UserData: m.UserData(), MessageID: []byte("B\x00"), State: []byte{5}, Network: []byte("\x03\x00\x15")}
	r, ok := s.Parse()
	if !ok || string(r.ID) != "B" || r.State != Undeliverable || string(r.Network) != "\x03\x00\x15" || string(r.Fields().ID) != "4A7F01" {
		t.Errorf("got %q, %v, % x, ok %t", r.ID, r.State, r.Network, ok)
	}
	s.ESMClass = 0x08
	if r, ok := s.Parse(); ok {
		t.Errorf("an acknowledgement: got %q", r.ID)
	}
}

// What is read of a receipt that ends early is what it says so far.
func TestTruncated(t *testing.T) {
	whole := parsed(t, golden.Bytes(t, "deliver_receipt.txt", "in"))
	full, _ := Parse(whole)
	want := full.Fields()
	for _, dataCoding := range []byte{0, 8} {
		text := string(whole.UserData())
		if dataCoding == 8 {
			text = ucs2(text)
		}
		for n := range len(text) + 1 {
			r, ok := (&Source{ESMClass: 0x04, DataCoding: dataCoding, UserData: []byte(text[:n])}).Parse()
			if !ok || !bytes.HasPrefix(full.ID, r.ID) || r.State != Unknown && r.State != Delivered {
				t.Errorf("%d octets of the text: got %q, %v, %t", n, r.ID, r.State, ok)
			}
			got := r.Fields()
			for _, f := range [][2][]byte{{want.DoneDate, got.DoneDate}, {want.Err, got.Err}, {want.Text, got.Text}, {want.SubmitDate, got.SubmitDate}} {
				if !bytes.HasPrefix(f[0], f[1]) {
					t.Errorf("%d octets of the text: got %q, want the beginning of %q", n, f[1], f[0])
				}
			}
		}
	}
	for n := smpp.HeaderLen; n < len(whole.Frame); n++ {
		f := bytes.Clone(whole.Frame[:n])
		m, err := smpp.ParseMessage(f)
		if err != nil {
			continue
		}
		r, ok := Parse(m)
		if !ok || string(r.ID) != "4A7F01" || r.State != Delivered {
			t.Errorf("%d octets of the PDU: got %q, %v, %t", n, r.ID, r.State, ok)
		}
	}
}
