package ledger

import (
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// take notes a message without a number, and waits until that is in the index.
func (p *partition) take(account string, c message.Conversation, id string, always bool) {
	p.t.Helper()
	p.Take(account, &c, []byte(id), always)
	p.settleOwners()
}

// settleOwners waits until the index has what was queued.
func (p *partition) settleOwners() {
	p.t.Helper()
	p.route("settle", "settle")
	p.CatchUp()
}

// wantOwner checks which message a receipt is about: the number of a message or "unnumbered"; 0 is none.
func (p *partition) wantOwner(what, account string, c message.Conversation, key string, kind journal.OwnerKind, number uint16) {
	p.t.Helper()
	is, _, err := p.ownerOf(account, &c, []byte(key))
	switch {
	case err != nil:
		p.t.Fatal(err)
	case is == nil && kind == 0:
	case is == nil || is.Kind != kind || is.Place.Number != number:
		p.t.Errorf("%s: got %+v, want kind %d, number %d", what, is, kind, number)
	}
}

// Of several messages with one id, the addresses of a receipt decide, and then the time. What is on its way
// to the index counts like what is there.
func TestOwnerOf(t *testing.T) {
	for name, end := range map[string]func(*partition) *partition{
		"on its way or there": func(p *partition) *partition { return p },
		"after a restart":     func(p *partition) *partition { _ = p.stop(); return p.again() },
		"after a crash, without the index": func(p *partition) *partition {
			p.settleOwners()
			p.kill()
			p.loseIndex()
			return p.again()
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := runLedger(t)
			a := relaytest.Conversation(t, "10690001", "447700900123")
			b := relaytest.Conversation(t, "10690002", "447700900123") // another sender
			c := relaytest.Conversation(t, "10690001", "447700900124") // another receiver
			odd := relaytest.Conversation(t, "bank", "07700900199")
			swapped := func(c message.Conversation) message.Conversation {
				return message.Conversation{Sender: c.Receiver, Receiver: c.Sender}
			}
			p.submitCut(a, 1, "A1", "A2")   // number 1
			one := p.submit(b, "0a1")       // number 1
			_ = p.submit(c, "skip")         // number 1
			two := p.submit(c, "A1").Number // number 2
			p.Take("bank", &a, []byte("A2"), false)
			p.Take("bank", &a, []byte("unknown"), false)
			p.Take("bank", &a, []byte("shared"), true)
			p = end(p)
			p.wantOwner("conversation", "bank", a, "a1", journal.OwnerSplit, 1)
			p.wantOwner("another sender", "bank", b, "a1", journal.OwnerNumbered, one.Number)
			p.wantOwner("another receiver", "bank", c, "a1", journal.OwnerNumbered, two)
			p.wantOwner("without the account", "", b, "a1", journal.OwnerNumbered, one.Number)
			p.wantOwner("not exchanged", "bank", swapped(a), "a1", journal.OwnerSplit, 1)
			p.wantOwner("not exchanged, without the account", "", swapped(c), "a1", journal.OwnerNumbered, two)
			p.wantOwner("the newest", "bank", odd, "a1", journal.OwnerNumbered, two)
			p.wantOwner("the newest, without the account", "", odd, "a1", 0, 0)
			p.wantOwner("of another account", "shop", a, "a1", 0, 0)
			rewritten := message.Conversation{Sender: odd.Sender, Receiver: c.Receiver}
			p.wantOwner("from a sender that was replaced", "bank", rewritten, "a1", journal.OwnerNumbered, two)
			p.wantOwner("the same, not exchanged", "bank", swapped(rewritten), "a1", journal.OwnerNumbered, two)
			rewritten.Receiver = a.Receiver
			if is, _, err := p.ownerOf("bank", &rewritten, []byte("a1")); err != nil || is == nil || is.Place.Conv.Receiver != a.Receiver {
				t.Errorf("to a receiver, from another sender: got %+v, %v, want a message to it", is, err)
			}
			p.wantOwner("the id was taken", "bank", a, "a2", journal.OwnerUnnumbered, 0)
			p.wantOwner("an id that nobody had", "bank", a, "unknown", 0, 0)
			p.wantOwner("the same, that is always noted", "bank", a, "shared", journal.OwnerUnnumbered, 0)
			if part, ok := p.PartOf("bank", a, []byte("a2")); ok {
				t.Errorf("the id was taken: got part %+v, want none", part)
			}
			if at, _, err := p.Find("bank", &a, []byte("A2")); at != nil || err != nil {
				t.Errorf("the id was taken: got %+v, %v, want no message", at, err)
			}
		})
	}
}

// Take records a message without a number only if that changes what is known of its id.
func TestTakeIsRecordedOnce(t *testing.T) {
	p := runLedger(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	p.submit(c, "A")
	p.settleOwners()
	for _, tt := range []struct {
		name    string
		account string
		c       message.Conversation
		id      string
		want    bool
	}{
		{"an id that nobody has", "bank", c, "B", false},
		{"an id of another account", "shop", c, "A", false},
		{"no id", "bank", c, "", false},
		{"no account", "", c, "A", false},
		{"no receiver", "bank", message.Conversation{Sender: c.Sender}, "A", false},
		{"an id that a message has", "bank", c, "0a", true},
		{"the same again", "bank", c, "A", false},
		{"another conversation", "bank", other, "A", true},
		{"the first one again", "bank", c, "A", true},
	} {
		before := p.owners.lastSerial()
		p.take(tt.account, tt.c, tt.id, false)
		if got := p.owners.lastSerial() > before; got != tt.want {
			t.Errorf("%s: got it recorded %v, want %v", tt.name, got, tt.want)
		}
	}
}

func (o *owners) lastSerial() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.serial
}

// An owner stays in memory until the index has it. One that has taken the id meanwhile stays.
func TestOwnersInMemory(t *testing.T) {
	o := newOwners(nil, nil, 0, ledgerOptionsOfTest().IDs)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	add := func(key string, number uint16) owner {
		return o.add([]byte(key), &journal.IDOwner{Kind: journal.OwnerSplit, Place: journal.Place{Conv: c, Number: number}})
	}
	want := func(what, key string, number uint16) {
		t.Helper()
		is := o.find([]byte(key), func(is *journal.IDOwner) bool { return is.Place.Conv == c })
		if (is != nil) != (number > 0) || is != nil && is.Place.Number != number {
			t.Errorf("%s, key %s: got %+v, want number %d", what, key, is, number)
		}
	}
	first, other, second := add("1", 1), add("2", 2), add("1", 3)
	want("used again", "1", 3)
	if is := o.find([]byte("1"), func(is *journal.IDOwner) bool { return is.Place.Number == 1 }); is == nil {
		t.Error("the one before is forgotten, want it to be found by what it is")
	}
	o.settle() // of a batch without owners
	o.settle(first)
	want("the first is in the index", "1", 3)
	want("the first is in the index", "2", 2)
	o.settle(other, second)
	want("all are", "1", 0)
	want("all are", "2", 0)
	if len(o.pending) > 0 {
		t.Errorf("got %v in memory, want nothing", o.pending)
	}
}

// A part that an earlier release split is found by its receiver and key, until a later message has its id.
func TestPartsOfAnEarlierRelease(t *testing.T) {
	l := indexedLedger(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	today := message.DayOf(time.Now().UnixMilli())
	earlier := func(key string) []byte {
		return journal.AppendSplit(nil, &journal.Record{
			Place: journal.Place{Conv: c, Day: today}, Part: message.Part{Total: 2}, PartSeq: 1, Split: journal.SplitRecord{First: []byte("a1"), Key: []byte(key)},
		})
	}
	l.applyRecords(t, 1, func(b []byte) []byte { return append(append(b, earlier("a1")...), earlier("a2")...) })
	found := func(what string, c message.Conversation, key string, want bool) {
		t.Helper()
		if part, ok := l.PartOf("bank", c, []byte(key)); ok != want || ok && part.First != "a1" {
			t.Errorf("%s: got %+v, %v, want %v", what, part, ok, want)
		}
	}
	found("part", c, "a1", true)
	found("part of another receiver", other, "a1", false)
	l.Take("bank", &other, []byte("A1"), true)
	found("another receiver has the id", c, "a1", true)
	found("another receiver's message", other, "a1", false)
	l.Take("bank", &c, []byte("A1"), false)
	found("the id was taken", c, "a1", false)
	found("the other part", c, "a2", true)
	p := journal.Place{Conv: c, Day: today, Number: 1}
	accepted := func(seq uint8, id string) []byte {
		return journal.AppendAccepted(nil, &journal.Record{
			Place: p, Bound: 1, MessageID: []byte(id), Part: message.Part{Total: 2, Seq: seq},
			From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
		}, "bank")
	}
	l.applyRecords(t, 2, func(b []byte) []byte {
		return append(append(append(b, accepted(1, "A3")...), earlier("a3")...), accepted(2, "A2")...)
	})
	found("from the log", c, "a3", true)
	found("another part has the id", c, "a2", false)
}
