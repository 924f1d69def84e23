package index

import (
	"strings"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
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
		journaltest.AcceptedAt(at(c, 101, 1), "0A"), journaltest.AcceptedAt(at(other, 101, 2), "a"), journaltest.AcceptedAt(at(c, 102, 3), "A"), journaltest.AcceptedAt(at(c, 102, 4), "ab"),
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

// An owner has a row by destination only if the id has other owners, of whatever account, or if its entry has
// another id or is of another message.
func TestOwnersByDestination(t *testing.T) {
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690002", "447700900123")
	at := func(c message.Conversation, day uint16, n uint64) journal.Place {
		return journal.Place{Conv: c, Day: day, Number: uint16(n%5 + 1), Ordinal: n}
	}
	shop := journaltest.AcceptedAt(at(c, 101, 2), "A")
	shop.Account = []byte("shop")
	again := journaltest.AcceptedAt(at(c, 101, 1), "B")
	again.Kind = journal.KindLate
	for _, tt := range []struct {
		name string
		all  []journal.Record
		rows int
	}{
		{"each has an id of its own", []journal.Record{journaltest.AcceptedAt(at(c, 101, 1), "A"), journaltest.AcceptedAt(at(c, 101, 2), "B"), journaltest.AcceptedAt(at(other, 102, 1), "C")}, 0},
		{"one id in two conversations", []journal.Record{journaltest.AcceptedAt(at(c, 101, 1), "0A"), journaltest.AcceptedAt(at(other, 101, 1), "a")}, 2},
		{"one id of two accounts", []journal.Record{journaltest.AcceptedAt(at(other, 101, 1), "A"), shop}, 2},
		{"one id on two days", []journal.Record{journaltest.AcceptedAt(at(c, 101, 1), "A"), journaltest.AcceptedAt(at(other, 102, 1), "A")}, 1},
		{"a number is given again", []journal.Record{journaltest.AcceptedAt(at(c, 101, 1), "A"), journaltest.AcceptedAt(at(c, 101, 6), "B")}, 1},
		{"a number is given again after erasure", []journal.Record{
			journaltest.AcceptedAt(at(c, 101, 1), "A"), {Kind: journal.KindErase, Place: journal.Place{Conv: c}}, journaltest.AcceptedAt(at(c, 101, 6), "B"),
		}, 0},
		{"a number is given again in another cycle", []journal.Record{
			journaltest.AcceptedAt(at(c, 101, 1), "A"),
			{Kind: journal.KindCycle, Place: journal.Place{Conv: c, Ordinal: 2}, Bound: 3, First: 1, Last: 5},
			journaltest.AcceptedAt(journal.Place{Conv: c, Day: 101, Number: 2, Ordinal: 3}, "B"),
		}, 1},
		{"another id", []journal.Record{journaltest.AcceptedAt(at(c, 101, 1), "A"), again}, 1},
		{"a message that lasts", []journal.Record{acceptedOn(100, at(c, 101, 1), "A")}, 2},
		{"no number", []journal.Record{cutOf(journal.IDOwner{Kind: journal.OwnerUnnumbered, Account: "bank", Place: at(c, 101, 0)}, "a")}, 1},
	} {
		l := newLogbook(t)
		l.a.pos.Cycle = Cycle{First: 1, Last: 5, Since: 1}
		for _, rec := range tt.all {
			if rec.At == 1000 {
				rec.At = int64(rec.Place.Day) * 86_400_000
			}
			l.write(rec)
		}
		rows := 0
		for key := range indexRows(t, l.ix) {
			if key[0] == prefixOwnerTo {
				rows++
			}
		}
		if rows != tt.rows {
			t.Errorf("%s: got %d rows by destination, want %d", tt.name, rows, tt.rows)
		}
	}
}

// The only owner of an id is found by all ways, also after a start, and of two both are.
func TestOnlyOwner(t *testing.T) {
	l := newLogbook(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690002", "447700900124")
	l.write(acceptedOn(101, journal.Place{Conv: c, Day: 101, Number: 1}, "A"))
	find := func(c message.Conversation) {
		t.Helper()
		of, err := l.ix.OwnerOf("bank", []byte("a"), 101, 9)
		in, inErr := l.ix.OwnerIn(&c, []byte("a"), 101, 9)
		to, toErr := l.ix.OwnerTo(&c.Receiver, "bank", []byte("a"), 101, 9)
		if err = firstError(err, inErr, toErr); err != nil || of == nil || in == nil || to == nil || in.Place.Conv != c || to.Place.Conv != c {
			t.Errorf("got %+v of the account, %+v in the conversation, %+v to the receiver, %v", of, in, to, err)
		}
	}
	find(c)
	if err := l.ix.Close(); err != nil {
		t.Fatal(err)
	}
	l.ix = openWith(t, l.ix.dir)
	l.a.Index = l.ix
	find(c)
	l.write(acceptedOn(101, journal.Place{Conv: other, Day: 101, Number: 2}, "A"))
	find(c)
	find(other)
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

// An erasure leaves no owner of any account, whatever the configuration said of the ids.
func TestErasedOwnersOfAccounts(t *testing.T) {
	for _, ids := range []receipt.IDs{{}, {Response: receipt.Hex, Receipt: receipt.Hex}, {Response: receipt.Decimal, Receipt: receipt.Hex}} {
		l := newLogbook(t)
		l.a.IDs = ids
		p := testPlace(t)
		all := []journal.Record{acceptedOn(p.Day, p, "00100"), acceptedOn(p.Day, p, "00200"), acceptedOn(p.Day, p, "00200")}
		for i := range all {
			all[i].Place.Number, all[i].Place.Ordinal = uint16(i+1), uint64(i)
			all[i].Account = []byte([]string{"bank", "bank", "shop"}[i])
			l.write(all[i])
		}
		for _, account := range []string{"bank", "shop"} { // without entries, and the second one has the row by destination
			l.write(cutOf(journal.IDOwner{Kind: journal.OwnerUnnumbered, Account: account, Place: journal.Place{Conv: p.Conv, Day: p.Day}}, "ff"))
		}
		l.a.IDs = receipt.IDs{}
		l.write(journal.Record{Kind: journal.KindErase, Place: p, At: 4})
		for key := range indexRows(t, l.ix) {
			if key[0] == prefixOwner || key[0] == prefixOwnerTo {
				t.Errorf("ids %+v: row %q is left", ids, key)
			}
		}
	}
}

// Of two accounts with one id in a conversation the newer one is found there, whatever comes after.
func TestNewerOwnerStays(t *testing.T) {
	for range 20 { // the accounts come in any order
		l := newLogbook(t)
		c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690002", "447700900124")
		shop := acceptedOn(101, journal.Place{Conv: c, Day: 101, Number: 2, Ordinal: 1}, "A")
		shop.Account = []byte("shop")
		l.write(acceptedOn(101, journal.Place{Conv: c, Day: 101, Number: 1}, "A"), shop, acceptedOn(101, journal.Place{Conv: other, Day: 101, Number: 3}, "B"))
		again := acceptedOn(101, journal.Place{Conv: other, Day: 101, Number: 4, Ordinal: 1}, "A")
		again.Account = []byte("school")
		l.write(again)
		if o, err := l.ix.OwnerIn(&c, []byte("a"), 101, 9); o == nil || o.Account != "shop" || err != nil {
			t.Fatalf("got %+v, %v, want the newer one", o, err)
		}
	}
}

// An owner is found when an erasure has taken out the newer one, also after a start: only its row by destination is left.
func TestOlderOwnerAfterErasure(t *testing.T) {
	l := newLogbook(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	owner := journal.IDOwner{Kind: journal.OwnerSplit, Account: "bank", Seq: 1, Place: journal.Place{Conv: c, Day: 101, Number: 1}}
	l.write(cutOf(owner, "a"), acceptedOn(101, journal.Place{Conv: other, Day: 101, Number: 1}, "A"))
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: other}, At: 4})
	if err := l.ix.Close(); err != nil {
		t.Fatal(err)
	}
	ix := openWith(t, l.ix.dir)
	defer func() { _ = ix.Close() }()
	if err := ix.FillIDs(1000); err != nil {
		t.Fatal(err)
	}
	if !ix.MayOwn([]byte("a")) || ix.MayOwn([]byte("b")) {
		t.Error("the id counts as a new one, or another one does not")
	}
	in, err := ix.OwnerIn(&c, []byte("a"), 101, 9)
	to, toErr := ix.OwnerTo(&c.Receiver, "bank", []byte("a"), 101, 9)
	if in == nil || to == nil || err != nil || toErr != nil {
		t.Errorf("got %+v, %v in the conversation, %+v, %v to the receiver, want the older one", in, err, to, toErr)
	}
}

// An erasure takes out a split message also if all of its ids have newer owners, and no other one.
func TestErasedSplitWithoutIDs(t *testing.T) {
	l := newLogbook(t)
	for _, sender := range []string{"10690001", "10690002"} {
		for _, receiver := range []string{"447700900122", "447700900123", "447700900124"} {
			o := journal.IDOwner{
				Kind: journal.OwnerSplit, Account: "bank", Seq: 1,
				Place: journal.Place{Conv: relaytest.Conversation(t, sender, receiver), Day: 20780, Number: 1},
			}
			newer := journal.IDOwner{Kind: journal.OwnerUnnumbered, Account: "bank", Place: journal.Place{Conv: o.Place.Conv, Day: 20780}}
			l.write(cutOf(o, receiver), cutOf(newer, receiver))
		}
	}
	c := relaytest.Conversation(t, "10690001", "447700900123")
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 4})
	left := 0
	for key := range indexRows(t, l.ix) {
		if strings.Contains(key, string(c.Receiver.Bytes())) {
			t.Errorf("row %q is left", key)
		}
		if key[0] == prefixSplit {
			left++
		}
	}
	if left != 4 {
		t.Errorf("%d split messages are left, want those to others", left)
	}
}
