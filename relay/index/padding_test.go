package index

import (
	"bytes"
	"testing"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// The log is to be padded after an erasure, and again if another one has come since the padding began.
func TestPadded(t *testing.T) {
	l := newLogbook(t)
	if mark, err := l.ix.Unpadded(); mark != nil || err != nil {
		t.Fatalf("before: got %q, %v, want none", mark, err)
	}
	erase := func(receiver string) (mark []byte) {
		t.Helper()
		c := relaytest.Conversation(t, "10690001", receiver)
		l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 4})
		mark, err := l.ix.Unpadded()
		if mark == nil || err != nil {
			t.Fatalf("got %q, %v, want a mark", mark, err)
		}
		return mark
	}
	first := erase(erased)
	second := erase(kept)
	if err := l.ix.SetPadded(first); err != nil {
		t.Fatal(err)
	}
	if mark, err := l.ix.Unpadded(); !bytes.Equal(mark, second) || err != nil {
		t.Errorf("padded after the first: got %q, %v, want that of the second", mark, err)
	}
	if err := l.ix.SetPadded(second); err != nil {
		t.Fatal(err)
	}
	if mark, err := l.ix.Unpadded(); mark != nil || err != nil {
		t.Errorf("padded after both: got %q, %v, want none", mark, err)
	}
}
