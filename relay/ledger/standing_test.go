package ledger

import (
	"sync/atomic"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A number stands for the newest message to which it was or may have been assigned, whatever happened
// to that message.
func TestStanding(t *testing.T) {
	const cycle = 257
	refuse := func(l *partition, c message.Conversation) {
		s := toSend(c)
		if err := l.Assign(s); err != nil {
			l.t.Fatal(err)
		}
		l.Refuse(s)
	}
	for _, tt := range []struct {
		name  string
		later func(l *partition, c message.Conversation) *partition
		want  bool
	}{
		{"at once", func(l *partition, _ message.Conversation) *partition { return l }, true},
		{"before it is assigned again", func(l *partition, c message.Conversation) *partition {
			for range cycle - 1 {
				refuse(l, c)
			}
			return l
		}, true},
		{"when the next message with it was refused", func(l *partition, c message.Conversation) *partition {
			for range cycle {
				refuse(l, c)
			}
			return l
		}, false},
		{"when the next message with it has no answer yet", func(l *partition, c message.Conversation) *partition {
			for range cycle - 1 {
				refuse(l, c)
			}
			l.mustAssign(l.t.(*testing.T), toSend(c))
			return l
		}, false},
		{"after a clean stop", func(l *partition, c message.Conversation) *partition {
			for range cycle - 1 {
				refuse(l, c)
			}
			if err := l.stop(); err != nil {
				l.t.Fatal(err)
			}
			return l.again()
		}, true},
		{"after a crash, when it may have been assigned again", func(l *partition, c message.Conversation) *partition {
			for range cycle - window {
				l.submit(c, "later")
			}
			l.kill()
			return l.again()
		}, false},
		{"after a crash, when it was certainly not", func(l *partition, c message.Conversation) *partition {
			for range cycle - window - 1 {
				l.submit(c, "later")
			}
			l.kill()
			return l.again()
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := runLedger(t)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			s := l.submit(c, "first")
			p := journal.Place{Conv: c, Number: s.Number, Ordinal: s.ordinal}
			l = tt.later(l, c)
			stands, err := l.Standing(&c)
			if err != nil {
				t.Fatal(err)
			}
			if got := stands(&p); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// While numbers are assigned, no read is for an older message than one that got the number before the read.
func TestStandingWhileNumbersAreAssigned(t *testing.T) {
	const numbers = 64
	opt := ledgerOptionsOfTest()
	opt.Last = opt.First + numbers - 1
	p := runLedgerOn(t, new(journal.Memory), t.TempDir(), opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	var newest [numbers + 1]atomic.Uint64 // by number: the ordinal of the message that got it last
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 8 * numbers {
			s := toSend(c)
			if err := p.Assign(s); err != nil {
				t.Error(err)
				return
			}
			newest[s.Number].Store(s.ordinal)
			if i%3 == 0 {
				p.Refuse(s)
			} else {
				p.accept(s, "A")
			}
		}
	}()
	for number := uint16(1); !isClosed(done); number = number%numbers + 1 {
		before := newest[number].Load()
		f, err := p.index.FindNumber(&c, number, relaytest.Any)
		if err != nil {
			t.Fatal(err)
		}
		if f == nil {
			continue
		}
		stands, err := p.Standing(&c)
		if err != nil {
			t.Fatal(err)
		}
		if f.Entry.Ordinal < before && stands(&f.Place) {
			t.Fatalf("number %d stands for ordinal %d, but was assigned to %d before", number, f.Entry.Ordinal, before)
		}
	}
}
