package ledger

import (
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// sarPart is a part by sar_* parameters.
func sarPart(t *testing.T, ref uint16, total, seq uint8, at time.Time) *Sent {
	t.Helper()
	s := toSend(relaytest.Conversation(t, "10690001", "447700900123"))
	s.Part, s.At = message.Part{Ref: ref, Wide: true, Total: total, Seq: seq}, at
	return s
}

// wantAs checks how a part goes on.
func (l *Partition) wantAs(t *testing.T, what string, s *Sent, wish, want Concatenation) {
	t.Helper()
	if got := l.Concatenate(s, wish); got != want {
		t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

// The first part that comes decides for all, in whatever order they come.
func TestConcatenationOfAMessage(t *testing.T) {
	now := time.Now()
	for _, first := range []Concatenation{KeepSAR, Concat8, Concat16} {
		for _, order := range [][]uint8{{1, 2, 3}, {3, 1, 2}, {2, 2, 3, 1}} {
			l, _ := idleLedger(t)
			for i, seq := range order {
				wish := first
				if i > 0 {
					wish = (first + Concatenation(i)) % 3
				}
				l.wantAs(t, "a part", sarPart(t, 9, 3, seq, now), wish, first)
			}
		}
	}
}

// A message is the account's, and has a reference and a total in its conversation.
func TestConcatenationIsOfOneMessage(t *testing.T) {
	l, _ := idleLedger(t)
	now := time.Now()
	l.wantAs(t, "the message", sarPart(t, 9, 3, 1, now), Concat16, Concat16)
	l.wantAs(t, "another reference", sarPart(t, 10, 3, 2, now), KeepSAR, KeepSAR)
	l.wantAs(t, "another total", sarPart(t, 9, 4, 2, now), KeepSAR, KeepSAR)
	other := sarPart(t, 9, 3, 2, now)
	other.Account = "shop"
	l.wantAs(t, "another account", other, KeepSAR, KeepSAR)
	other = sarPart(t, 9, 3, 2, now)
	other.Conversation.Receiver = relaytest.Addr(t, "447700900124")
	l.wantAs(t, "another receiver", other, KeepSAR, KeepSAR)
	l.wantAs(t, "the message again", sarPart(t, 9, 3, 2, now), KeepSAR, Concat16)
}

// The reference may be used again: for a message that begins when all parts of the one before have come,
// and when no part has come for partsWait. A part that comes again goes on as it did.
func TestConcatenationEnds(t *testing.T) {
	l, _ := idleLedger(t)
	now := time.Now()
	l.wantAs(t, "first", sarPart(t, 9, 2, 1, now), KeepSAR, KeepSAR)
	l.wantAs(t, "the first again", sarPart(t, 9, 2, 1, now), Concat8, KeepSAR)
	l.wantAs(t, "second", sarPart(t, 9, 2, 2, now), Concat8, KeepSAR)
	l.wantAs(t, "the second again", sarPart(t, 9, 2, 2, now), Concat8, KeepSAR)
	l.wantAs(t, "the next message", sarPart(t, 9, 2, 1, now), Concat8, Concat8)
	l.wantAs(t, "its second part", sarPart(t, 9, 2, 2, now.Add(partsWait)), KeepSAR, Concat8)
	l.wantAs(t, "its second part, much later", sarPart(t, 9, 2, 2, now.Add(2*partsWait+1)), KeepSAR, KeepSAR)
}

// Two messages of a conversation never have the same 8 bits for different references. A header of the
// ESME's or the gateway's own has them, too.
func TestConcatenationCollides(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name   string
		before func(l *Partition, h *head)
		wish   Concatenation
		want   Concatenation
	}{
		{"the low bits", func(l *Partition, _ *head) { l.Concatenate(sarPart(t, 0x0109, 3, 1, now), Concat8) }, Concat8, KeepSAR},
		{"the low bits, IE 08", func(l *Partition, _ *head) { l.Concatenate(sarPart(t, 0x0109, 3, 1, now), Concat8) }, Concat16, Concat16},
		{"the low bits of one with IE 08", func(l *Partition, _ *head) { l.Concatenate(sarPart(t, 0x0109, 3, 1, now), Concat16) }, Concat8, Concat8},
		{"the low bits, long ago", func(l *Partition, _ *head) {
			l.Concatenate(sarPart(t, 0x0109, 3, 1, now.Add(-partsWait-1)), Concat8)
		}, Concat8, Concat8},
		{"the same reference", func(l *Partition, _ *head) { l.Concatenate(sarPart(t, 0x0209, 4, 1, now), Concat8) }, Concat8, Concat8},
		{"other low bits", func(l *Partition, _ *head) { l.Concatenate(sarPart(t, 0x020A, 3, 1, now), Concat8) }, Concat8, Concat8},
		{"a header of the ESME's", func(_ *Partition, h *head) { h.concat().open = []openPart{{ref: 9}} }, Concat8, KeepSAR},
		{"a wide header of the ESME's", func(_ *Partition, h *head) { h.concat().open = []openPart{{ref: 9, wide: true}} }, Concat8, Concat8},
		{"a message that was split", func(_ *Partition, h *head) { h.usedRef(9, false) }, Concat8, KeepSAR},
	} {
		l, h := idleLedger(t)
		tt.before(l, h)
		l.wantAs(t, tt.name, sarPart(t, 0x0209, 3, 1, now), tt.wish, tt.want)
	}
}

// A message that the gateway splits gets other 8 bits than one by sar_* parameters has.
func TestSplitBesideConcatenation(t *testing.T) {
	l, h := idleLedger(t)
	l.wantAs(t, "by sar_*", sarPart(t, 0x0100, 3, 1, time.Now()), Concat8, Concat8)
	s := toSend(h.conv)
	s.Split = 2
	if l.mustAssign(t, s); s.Part.Ref != 1 {
		t.Errorf("split: got reference %d, want 1", s.Part.Ref)
	}
}

// While the ledger is down a message begins as it came, and goes on so when the ledger has begun again. One
// that has begun in another way goes on in that way.
func TestConcatenationWhileDown(t *testing.T) {
	l, _ := idleLedger(t)
	now := time.Now()
	l.wantAs(t, "before", sarPart(t, 9, 3, 1, now), Concat8, Concat8)
	l.status.Set(ErrDown)
	l.wantAs(t, "meanwhile", sarPart(t, 10, 3, 1, now), Concat8, KeepSAR)
	l.wantAs(t, "begun before", sarPart(t, 9, 3, 2, now), Concat8, Concat8)
	l.forgetTable()
	l.status.Set(nil)
	l.wantAs(t, "begun meanwhile", sarPart(t, 10, 3, 2, now), Concat8, KeepSAR)
	l.wantAs(t, "begun before, the last part", sarPart(t, 9, 3, 3, now), KeepSAR, Concat8)
}

// What is remembered is bounded, and nothing is left of a receiver that is forgotten.
func TestConcatenationsAreBounded(t *testing.T) {
	l, h := idleLedger(t)
	now := time.Now()
	for i := range maxConcatenations + 9 {
		l.Concatenate(sarPart(t, uint16(i), uint8(2+i>>16), 1, now), Concat16)
	}
	if n := l.concatenations.chosen.Len(); n != maxConcatenations {
		t.Errorf("got %d messages, want %d", n, maxConcatenations)
	}
	l.Concatenate(sarPart(t, 9, 2, 1, now.Add(2*partsWait)), Concat8)
	l.Forget(h.conv.Receiver, now)
	if n, refs := l.concatenations.chosen.Len(), l.concatenations.narrow.Len(); n != 0 || refs != 0 {
		t.Errorf("forgotten: got %d messages and %d references, want none", n, refs)
	}
}
