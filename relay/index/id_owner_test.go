package index

import (
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// cutOf is the record of an owner, with a key.
func cutOf(o journal.IDOwner, key string) journal.Record {
	return journal.Record{
		Kind: journal.KindSplit, Place: o.Place, Part: message.Part{Total: 2}, PartSeq: max(1, o.Seq),
		Split: journal.SplitRecord{First: journal.AppendName(nil, &o), Key: []byte(key), Wanted: 1},
	}
}

// The newest message with an id owns it, by account and by destination. It is found until its day expires.
func TestOwnersExpire(t *testing.T) {
	l := newLogbook(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690002", "447700900123")
	at := func(c message.Conversation, day, number uint16) journal.Place {
		return journal.Place{Conv: c, Day: day, Number: number, Ordinal: uint64(number)}
	}
	l.write(
		acceptedAt(at(c, 101, 1), "0A"), acceptedAt(at(other, 101, 2), "a"), acceptedAt(at(c, 102, 3), "A"), acceptedAt(at(c, 102, 4), "ab"),
		cutOf(journal.IDOwner{Kind: journal.OwnerUnnumbered, Account: "bank", Place: journal.Place{Conv: c, Day: 103}}, "ab"),
	)
	want := func(what string, number uint16, o *journal.IDOwner, err error) {
		t.Helper()
		if err != nil || (o == nil) != (number == 0) || o != nil && o.Place.Number != number {
			t.Errorf("%s: got %+v, %v, want number %d", what, o, err, number)
		}
	}
	for _, tt := range []struct{ expire, ofAccount, in, inOther, to uint16 }{{100, 3, 3, 2, 3}, {102, 3, 3, 0, 3}, {103, 0, 0, 0, 0}} {
		if err := l.ix.Expire(tt.expire); err != nil {
			t.Fatal(err)
		}
		o, err := l.ix.OwnerOf("bank", []byte("a"), 103, 9)
		want("of the account", tt.ofAccount, o, err)
		o, err = l.ix.OwnerOf("shop", []byte("a"), 103, 9)
		want("of another account", 0, o, err)
		o, err = l.ix.OwnerIn(&c, []byte("a"), 103, 9)
		want("in the conversation", tt.in, o, err)
		o, err = l.ix.OwnerIn(&other, []byte("a"), 103, 9)
		want("in another conversation", tt.inOther, o, err)
		o, err = l.ix.OwnerTo(&c.Receiver, "", []byte("a"), 103, 9)
		want("to the receiver", tt.to, o, err)
		o, err = l.ix.OwnerTo(&c.Receiver, "shop", []byte("a"), 103, 9)
		want("to the receiver, of another account", 0, o, err)
		o, err = l.ix.OwnerTo(&c.Receiver, "bank", []byte(""), 103, 9)
		want("to the receiver, another id that the key begins with", 0, o, err)
	}
	if o, err := l.ix.OwnerOf("bank", []byte("ab"), 103, 9); err != nil || o == nil || o.Kind != journal.OwnerUnnumbered {
		t.Errorf("got %+v, %v, want a message without a number", o, err)
	}
}

// An erasure leaves no owner that sent to the receiver, and no receipts of parts. The ids of others stay.
func TestErasedOwners(t *testing.T) {
	l := newLogbook(t)
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	for _, c := range []message.Conversation{mine, other} {
		for i, key := range []string{string(c.Receiver.Bytes()), "used by both"} {
			o := journal.IDOwner{Kind: journal.OwnerSplit, Account: "bank", Place: journal.Place{Conv: c, Day: 20780 + uint16(i), Number: 1}, Seq: 1}
			l.write(cutOf(o, key))
		}
	}
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: mine}, At: 4})
	if o, err := l.ix.OwnerOf("bank", []byte("447700900123"), 20781, 9); o != nil || err != nil {
		t.Errorf("got %+v, %v, want no owner to the receiver", o, err)
	}
	if o, err := l.ix.OwnerTo(&mine.Receiver, "", []byte("used by both"), 20781, 9); o != nil || err != nil {
		t.Errorf("got %+v, %v, want no owner to the receiver", o, err)
	}
	for _, key := range []string{"447700900124", "used by both"} {
		if o, err := l.ix.OwnerOf("bank", []byte(key), 20781, 9); o == nil || err != nil || o.Place.Conv != other {
			t.Errorf("%s: got %+v, %v, want the other receiver's message", key, o, err)
		}
	}
	parts := 0
	for key := range indexRows(t, l.ix) {
		if key[0] == prefixSplit {
			parts++
		}
	}
	if parts != 2 {
		t.Errorf("receipts of parts: got those of %d messages, want 2", parts)
	}
}
