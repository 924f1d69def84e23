package conversation

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"
	"unicode/utf16"

	"readback/internal/golden"
	"readback/smpp"
)

// deliver takes the fields out of a PDU, as an ESME's library would.
func deliver(t *testing.T, f smpp.Frame) Deliver {
	t.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	d := Deliver{ESMClass: m.ESMClass(), DataCoding: m.DataCoding(), ShortMessage: m.UserData(), TLVs: make(map[uint16][]byte)}
	tlvs := m.TLVs()
	for tlv, ok := tlvs.Next(); ok; tlv, ok = tlvs.Next() {
		d.TLVs[uint16(tlv.Tag)] = tlv.Value
	}
	return d
}

func line(n News, ok bool) string {
	number, readAt := "-", "-"
	if n.Number != nil {
		number = fmt.Sprint(*n.Number)
	}
	if !n.ReadAt.IsZero() {
		readAt = n.ReadAt.Format(time.RFC3339)
	}
	return fmt.Sprint(ok, " ", n.MessageIDs, " ", n.State, " ", readAt, " ", number)
}

func TestParseGolden(t *testing.T) {
	tests := map[string]string{
		"feedback_sme_ack.txt":          "true [4A7F01] read 2026-11-23T08:30:00Z 17",
		"deliver_receipt.txt":           "true [4A7F01] delivered - -",
		"deliver_receipt_disagrees.txt": "true [4A7F01] delivered - -",
		"deliver_receipt_ucs2.txt":      "true [4A7F01] failed - -",
		"feedback_receipt.txt":          "true [4A7F01] read 2026-11-23T08:30:00Z -",
		"deliver_mo.txt":                "false [] submitted - -",
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			if got := line(ParseDeliver(deliver(t, golden.Bytes(t, name, "in")))); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// wide returns text in UCS2.
func wide(text string) (octets []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		octets = binary.BigEndian.AppendUint16(octets, unit)
	}
	return octets
}

func TestParseDeliver(t *testing.T) {
	const tagID, tagState, tagCode = uint16(smpp.TagReceiptedMessageID), uint16(smpp.TagMessageState), uint16(smpp.TagUserResponseCode)
	id := func(more map[uint16][]byte) map[uint16][]byte {
		all := map[uint16][]byte{tagID: []byte("4A7F01\x00")}
		maps.Copy(all, more)
		return all
	}
	said := func(class byte, text string, tlvs map[uint16][]byte) Deliver {
		return Deliver{ESMClass: class, ShortMessage: []byte(text), TLVs: tlvs}
	}
	const ack = "readback receiver:447700900101 number:017 status:1 read:2026-11-23T08:30:00Z"
	const receipt = "id:4A7F01 sub:001 dlvrd:001 submit date:2611230815 done date:2611230830 "
	const readsAsID = "\u6964\u3a39" // its octets are id:9
	inUCS2 := said(0x04, string(wide(receipt+"stat:UNDELIV err:011 text: "+readsAsID)), nil)
	inUCS2.DataCoding = 8
	code := func(c byte) map[uint16][]byte { return map[uint16][]byte{tagCode: {c}} }
	state := func(s ...byte) map[uint16][]byte { return map[uint16][]byte{tagState: s} }
	tests := []struct {
		name string
		d    Deliver
		want string
	}{
		{"sme-ack", said(0x08, ack, id(code(1))), "true [4A7F01] read 2026-11-23T08:30:00Z 17"},
		{"user-ack with UDHI", said(0x50, ack, id(code(2))), "true [4A7F01] deleted_unread 2026-11-23T08:30:00Z 17"},
		{"sme-ack, text alone", said(0x08, ack, id(nil)), "true [4A7F01] read 2026-11-23T08:30:00Z 17"},
		{"sme-ack, not read yet", said(0x08, ack, id(code(0))), "true [4A7F01] submitted 2026-11-23T08:30:00Z 17"},
		{"sme-ack without TLVs", said(0x08, ack, nil), "false [] submitted - -"},
		{"another's ack", said(0x08, "OK", id(nil)), "true [4A7F01] submitted - -"},
		{"receipt of a read", said(0x04, receipt+"stat:DELIVRD err:000 text:READ", nil), "true [4A7F01] read 2026-11-23T08:30:00Z -"},
		{"with TLVs", said(0x04, receipt+"stat:DELIVRD err:000 text:DELETED", id(state(2))), "true [4A7F01] deleted_unread 2026-11-23T08:30:00Z -"},
		{"a text that begins so", said(0x04, receipt+"stat:DELIVRD err:000 text:READ this", nil), "true [4A7F01] delivered - -"},
		{"failed, whatever the text", said(0x04, receipt+"stat:UNDELIV err:011 text:READ", nil), "true [4A7F01] failed - -"},
		{"state by TLV", said(0x04, "", id(state(3))), "true [4A7F01] failed - -"},
		{"deleted", said(0x04, "", id(state(4))), "true [4A7F01] failed - -"},
		{"rejected", said(0x04, "", id(state(8))), "true [4A7F01] failed - -"},
		{"unknown", said(0x04, "", id(state(7))), "true [4A7F01] submitted - -"},
		{"message_state wins", said(0x04, receipt+"stat:UNDELIV err:011 text:READ", state(2)), "true [4A7F01] read 2026-11-23T08:30:00Z -"},
		{"message_state wins, though it is not final", said(0x04, receipt+"stat:DELIVRD err:000 text:READ", state(1)), "true [4A7F01] submitted - -"},
		{"malformed message_state", said(0x04, receipt+"stat:DELIVRD err:000 text:", state(5, 0)), "true [4A7F01] delivered - -"},
		{"receipted_message_id wins", said(0x04, "id:OTHER stat:DELIVRD", id(nil)), "true [4A7F01] delivered - -"},
		{"other case and spacing", said(0x04, "STAT: delivrd\r\nDone Date: 2611230830\r\nID: 4A7F01\r\nTEXT:READ", nil), "true [4A7F01] read 2026-11-23T08:30:00Z -"},
		{"under way", said(0x04, receipt+"stat:ENROUTE err:000 text:", nil), "true [4A7F01] submitted - -"},
		{"intermediate", said(0x20, receipt, id(nil)), "false [] submitted - -"},
		{"message of a subscriber", said(0x00, receipt, nil), "false [] submitted - -"},
		{"receipt of no type, by its TLVs", said(0x00, "", id(state(2))), "true [4A7F01] delivered - -"},
		{"receipt of both types", said(0x24, "", id(state(5))), "true [4A7F01] failed - -"},
		{"of no type, without message_state", said(0x00, receipt, id(nil)), "false [] submitted - -"},
		{"of another type", said(0x18, receipt, id(state(2))), "false [] submitted - -"},
		{"other words", said(0x04, receipt+"stat:FAILED err:011 text:", nil), "true [4A7F01] failed - -"},
		{"UCS2 whose octets are fields, too", inUCS2, "true [4A7F01] failed - -"},
		{"id within a word", said(0x04, "void:1 stat:DELIVRD", nil), "false [] submitted - -"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := line(ParseDeliver(tt.d)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseFeedback(t *testing.T) {
	const body = `{"event":"01J","account":"bank","sender":"10690001","receiver":"447700900101","number":17,"status":%d,
		"message_ids":["4A7F01","4A7F02"],"user_message_reference":42,"submitted_at":"2026-11-23T08:00:00Z",
		"read_at":"2026-11-23T08:30:00Z","received_at":"2026-11-23T08:30:01Z","more":true}`
	want := map[int]State{1: Read, 2: DeletedUnread, 0: Submitted}
	for status, state := range want {
		f, err := ParseFeedback(fmt.Appendf(nil, body, status))
		if err != nil || f.Event != "01J" || f.Reference == nil || *f.Reference != 42 {
			t.Fatalf("got %+v, %v", f, err)
		}
		got, want := line(f.News(), true), fmt.Sprintf("true [4A7F01 4A7F02] %v 2026-11-23T08:30:00Z 17", state)
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, bad := range []string{"", "{}", "[]", `{"message_ids":[]}`, `{"message_ids":["1"],"status":"read"}`} {
		if f, err := ParseFeedback([]byte(bad)); err == nil {
			t.Errorf("%q: got %+v, want an error", bad, f)
		}
	}
}

// FuzzDeliver has one property: what is no news has no message_id, and what is has one.
func FuzzDeliver(f *testing.F) {
	f.Add(byte(0x08), []byte("readback receiver:447700900101 number:017 status:1 read:2026-11-23T08:30:00Z"), []byte("4A7F01\x00"), []byte{1}, []byte{2})
	f.Add(byte(0x04), []byte("id:4A7F01 stat:DELIVRD done date:2611230830 text:READ"), []byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, class byte, text, id, code, state []byte) {
		d := Deliver{ESMClass: class, ShortMessage: text, TLVs: map[uint16][]byte{
			uint16(smpp.TagReceiptedMessageID): id, uint16(smpp.TagUserResponseCode): code, uint16(smpp.TagMessageState): state,
		}}
		n, ok := ParseDeliver(d)
		if ok != (len(n.MessageIDs) == 1 && n.MessageIDs[0] != "") || !ok && n.State != Submitted {
			t.Errorf("got %+v, %v of %+v", n, ok, d)
		}
		b := sent(1)
		b.Tell(n)
	})
}

// FuzzFeedback: what can be read names a message, is the same when it is written and read
// again, and can be told to a book.
func FuzzFeedback(f *testing.F) {
	f.Add([]byte(`{"event":"01J","account":"bank","sender":"10690001","receiver":"447700900101","number":17,"status":1,
		"message_ids":["4A7F01","4A7F02"],"user_message_reference":42,"submitted_at":"2026-11-23T08:00:00Z",
		"read_at":"2026-11-23T08:30:00+01:00","received_at":"2026-11-23T08:30:01Z","more":true}`))
	f.Add([]byte(`{"message_ids":[""],"status":2,"number":0}`))
	f.Add([]byte(`{"message_ids":["1"],"status":-1,"user_message_reference":null}`))
	f.Add([]byte(`{"message_ids":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		fb, err := ParseFeedback(body)
		if err != nil {
			if !reflect.DeepEqual(fb, Feedback{}) {
				t.Errorf("got %+v beside %v", fb, err)
			}
			return
		}
		text, err := json.Marshal(fb)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseFeedback(text)
		if err != nil {
			t.Fatal(err)
		}
		if text2, err := json.Marshal(again); err != nil || string(text2) != string(text) {
			t.Errorf("again: got %s, %v, want %s", text2, err, text)
		}
		n := fb.News()
		if len(n.MessageIDs) == 0 || *n.Number != fb.Number || n.State != Submitted && n.State != Read && n.State != DeletedUnread {
			t.Errorf("news: got %+v of %s", n, text)
		}
		sent(1).Tell(n)
	})
}
