package conversation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

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
	d := Deliver{ESMClass: m.ESMClass(), ShortMessage: m.UserData(), TLVs: make(map[uint16][]byte)}
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
		"feedback_sme_ack.txt": "true [4A7F01] read 2026-11-23T08:30:00Z 17",
		"deliver_receipt.txt":  "true [4A7F01] delivered - -",
		"deliver_mo.txt":       "false [] submitted - -",
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			if got := line(ParseDeliver(deliver(t, golden.Bytes(t, name, "in")))); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestParseDeliver(t *testing.T) {
	id := func(more map[uint16][]byte) map[uint16][]byte {
		all := map[uint16][]byte{tagMessageID: []byte("4A7F01\x00")}
		for tag, value := range more {
			all[tag] = value
		}
		return all
	}
	const ack = "readback receiver:447700900101 number:017 status:1 read:2026-11-23T08:30:00Z"
	const receipt = "id:4A7F01 sub:001 dlvrd:001 submit date:2611230815 done date:2611230830 "
	tests := []struct {
		name string
		d    Deliver
		want string
	}{
		{"sme-ack", Deliver{0x08, []byte(ack), id(map[uint16][]byte{tagResponseCode: {1}})}, "true [4A7F01] read 2026-11-23T08:30:00Z 17"},
		{"user-ack with UDHI", Deliver{0x50, []byte(ack), id(map[uint16][]byte{tagResponseCode: {2}})}, "true [4A7F01] deleted_unread 2026-11-23T08:30:00Z 17"},
		{"sme-ack, text alone", Deliver{0x08, []byte(ack), id(nil)}, "true [4A7F01] read 2026-11-23T08:30:00Z 17"},
		{"sme-ack, not read yet", Deliver{0x08, []byte(ack), id(map[uint16][]byte{tagResponseCode: {0}})}, "true [4A7F01] submitted 2026-11-23T08:30:00Z 17"},
		{"sme-ack without TLVs", Deliver{0x08, []byte(ack), nil}, "false [] submitted - -"},
		{"another's ack", Deliver{0x08, []byte("OK"), id(nil)}, "true [4A7F01] submitted - -"},
		{"receipt of a read", Deliver{0x04, []byte(receipt + "stat:DELIVRD err:000 text:READ"), nil}, "true [4A7F01] read 2026-11-23T08:30:00Z -"},
		{"with TLVs", Deliver{0x04, []byte(receipt + "stat:DELIVRD err:000 text:DELETED"), id(map[uint16][]byte{tagMessageState: {2}})}, "true [4A7F01] deleted_unread 2026-11-23T08:30:00Z -"},
		{"a text that begins so", Deliver{0x04, []byte(receipt + "stat:DELIVRD err:000 text:READ this"), nil}, "true [4A7F01] delivered - -"},
		{"failed, whatever the text", Deliver{0x04, []byte(receipt + "stat:UNDELIV err:011 text:READ"), nil}, "true [4A7F01] failed - -"},
		{"state by TLV", Deliver{0x04, nil, id(map[uint16][]byte{tagMessageState: {3}})}, "true [4A7F01] failed - -"},
		{"under way", Deliver{0x04, []byte(receipt + "stat:ENROUTE err:000 text:"), nil}, "true [4A7F01] submitted - -"},
		{"intermediate", Deliver{0x20, []byte(receipt), id(nil)}, "false [] submitted - -"},
		{"message of a subscriber", Deliver{0x00, []byte(receipt), nil}, "false [] submitted - -"},
		{"id within a word", Deliver{0x04, []byte("void:1 stat:DELIVRD"), nil}, "false [] submitted - -"},
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
		d := Deliver{class, text, map[uint16][]byte{tagMessageID: id, tagResponseCode: code, tagMessageState: state}}
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
