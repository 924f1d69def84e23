package message

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// plainOnes is feedback that is written by hand.
func plainOnes() []Feedback {
	reference, at := uint16(65535), time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	full := Feedback{
		Event: "01JDBV5PM0ABCDEFGHJKMNPQRS", Account: "bank", Sender: "10690001", Receiver: "8613800138000",
		SenderTON: 5, SenderNPI: 1, ReceiverTON: 255, ReceiverNPI: 10, Number: 257, Status: StatusDeletedUnread,
		MessageIDs: []string{"4A7F01", "4A7F02"}, Reference: &reference, SubmittedAt: at,
		ReadAt: at.Add(1500 * time.Millisecond), ReceivedAt: at.Add(time.Hour), DeliveredAt: at.Add(1), ReceiptPending: true,
	}
	least := Feedback{MessageIDs: []string{""}}
	return []Feedback{full, least}
}

// otherOnes is feedback that is left to encoding/json.
func otherOnes() (all []Feedback) {
	for _, change := range []func(*Feedback){
		func(fb *Feedback) { fb.Account = "a\"b" },
		func(fb *Feedback) { fb.Sender = "<&>" },
		func(fb *Feedback) { fb.Receiver = "caf\xe9" },
		func(fb *Feedback) { fb.Event = "é" },
		func(fb *Feedback) { fb.MessageIDs[1] = "\\" },
		func(fb *Feedback) { fb.MessageIDs = nil },
		func(fb *Feedback) { fb.MessageIDs = []string{} },
		func(fb *Feedback) { fb.Receipt = []byte("PDU") },
		func(fb *Feedback) { fb.ReadAt = fb.ReadAt.In(time.FixedZone("", 3600)) },
	} {
		fb := plainOnes()[0]
		fb.MessageIDs = append([]string(nil), fb.MessageIDs...)
		change(&fb)
		all = append(all, fb)
	}
	return all
}

// What is written by hand is what encoding/json writes, and is read as encoding/json reads it.
func TestPlainFeedback(t *testing.T) {
	for i, fb := range append(plainOnes(), otherOnes()...) {
		want, err := fb.marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := fb.appendPlain(nil)
		if isPlain := i < len(plainOnes()); ok != isPlain {
			t.Errorf("%d: written by hand: %v, want %v", i, ok, isPlain)
		}
		if ok && !bytes.Equal(got, want) {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
		checkPlain(t, want)
	}
}

// checkPlain checks that what parsePlain reads is what encoding/json reads.
func checkPlain(t *testing.T, data []byte) {
	t.Helper()
	var got, want Feedback
	if !got.parsePlain(data) {
		return
	}
	if err := want.unmarshal(data); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got\n%+v, want\n%+v, %v", data, got, want, err)
	}
}

// Nothing that is cut off, longer, or has another octet anywhere is read otherwise than encoding/json reads it.
func TestPlainFeedbackDamaged(t *testing.T) {
	for _, fb := range plainOnes() {
		data, _ := fb.appendPlain(nil)
		if again := new(Feedback); !again.parsePlain(data) {
			t.Errorf("%s: not read by hand", data)
		}
		checkPlain(t, append(bytes.Clone(data), ' '))
		for i := range data {
			checkPlain(t, data[:i])
			for _, c := range []byte("0129 \"\\{}[],:-+.eZ\x00\xff") {
				other := bytes.Clone(data)
				other[i] = c
				checkPlain(t, other)
			}
		}
	}
}

func FuzzPlainFeedback(f *testing.F) {
	for _, fb := range append(plainOnes(), otherOnes()...) {
		data, _ := json.Marshal(fb)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPlain(t, data)
		var fb Feedback
		if fb.unmarshal(data) != nil {
			return
		}
		if got, ok := fb.appendPlain(nil); ok {
			if want, err := fb.marshal(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("got\n%s, want\n%s, %v", got, want, err)
			}
		}
	})
}

func BenchmarkFeedbackJSON(b *testing.B) {
	fb := plainOnes()[0]
	for name, plain := range map[string]bool{"plain": true, "any": false} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var data []byte
				var again Feedback
				if plain {
					data, _ = fb.MarshalJSON()
					_ = again.UnmarshalJSON(data)
				} else {
					data, _ = fb.marshal()
					_ = again.unmarshal(data)
				}
			}
		})
	}
}
