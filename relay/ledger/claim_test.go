package ledger

import (
	"fmt"
	"testing"
	"testing/synctest"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// The first number of a conversation waits until the claim of the conversation is in the log. Later ones
// do not wait, nor does one that comes when numbers are assigned without claims.
func TestFirstNumberWaitsForItsClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, h := idleLedger(t)
		l.unclaimed.Store(false)
		given := make(chan error, 1)
		go func() { given <- l.Assign(toSend(h.conv)) }()
		synctest.Wait()
		b := l.queue.take()
		if len(given) > 0 || b == nil || b.counts[journal.KindHead] != 1 || !b.marks[0].claims {
			t.Fatalf("got it given %v and %+v queued, want it to wait for its claim", len(given) > 0, b)
		}
		l.mark(&b.marks[0])
		synctest.Wait()
		if len(given) != 1 || <-given != nil || h.next != 1 {
			t.Errorf("claimed: got %d numbers given, want 1", h.next)
		}
		l.mustAssign(t, toSend(h.conv))
		if b := l.queue.take(); b != nil {
			t.Errorf("second number: got %+v queued, want no claim", b)
		}
		other := toSend(relaytest.Conversation(t, "10690002", "447700900123"))
		l.table.addForTest(other.Conversation)
		l.mark(&mark{})
		l.mustAssign(t, other)
		if b := l.queue.take(); b != nil {
			t.Errorf("without claims: got %+v queued, want none", b)
		}
	})
}

// last sends messages in a conversation until so many have been sent, and returns the last one.
func (p *partition) last(c message.Conversation, n int) (s *Sent) {
	p.t.Helper()
	for i := range n {
		s = p.submit(c, fmt.Sprint(i))
	}
	return s
}

// wantNext fails the test if the next ordinal of a conversation is another one.
func (p *partition) wantNext(what string, c message.Conversation, want uint64) {
	p.t.Helper()
	if s := p.submit(c, "next"); s.ordinal != want {
		p.t.Errorf("%s: got ordinal %d, want %d", what, s.ordinal, want)
	}
}

// A kill before the claim is in the log skips nothing, since no number was assigned. A kill after it skips
// W numbers in its conversation, and none in others.
func TestKillAroundAClaim(t *testing.T) {
	all := relaytest.Conversations(t, 3)
	for _, tt := range []struct {
		name   string
		logged bool
		want   uint64
	}{{"before", false, 10}, {"after", true, 10 + window}} {
		t.Run(tt.name, func(t *testing.T) {
			p := runLedger(t)
			p.last(all[0], 10)
			p.last(all[1], 10)
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			p = p.again()
			if !tt.logged {
				p.log.SetFault(func([]byte) (bool, error) { return false, journal.ErrUnreachable })
			}
			if err := p.Assign(toSend(all[0])); (err == nil) != tt.logged {
				t.Fatalf("got %v, want a number: %v", err, tt.logged)
			}
			p.kill()
			p.log.SetFault(nil)
			p = p.again()
			p.wantNext("the conversation of the claim", all[0], tt.want)
			p.wantNext("another one", all[1], 10)
			p.wantNext("a new one", all[2], 0)
		})
	}
}

// Kills with traffic in one conversation skip numbers in this one only. Restarts without traffic skip
// nothing.
func TestKillsSkipWhereNumbersWereAssigned(t *testing.T) {
	all := relaytest.Conversations(t, 4)
	p := runLedger(t)
	p.last(all[1], 5)
	p.last(all[2], 5)
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	p = p.again()
	next := uint64(0)
	for life := range 40 {
		if s := p.submit(all[0], "busy"); s.ordinal != next {
			t.Fatalf("life %d: got ordinal %d, want %d", life, s.ordinal, next)
		}
		next += 1 + window
		p.kill()
		p = p.again()
	}
	p.wantNext("idle", all[1], 5)
	p.wantNext("new", all[3], 0)
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		p = p.again()
		p.kill()
	}
	p = p.again()
	p.wantNext("idle, after restarts without traffic", all[2], 5)
	p.wantNext("busy, after restarts without traffic", all[0], next)
}

// killsWithoutClaims kills a ledger 40 times after numbers were assigned without claims, if they may be.
// No number may come again within a cycle.
func killsWithoutClaims(t *testing.T, p *partition, all []message.Conversation) *partition {
	t.Helper()
	newest := make(map[message.Conversation]uint64)
	for life := range 40 {
		p.claims.Store(maxClaims - 2)
		for i, c := range all {
			s := p.mustAssign(t, toSend(c))
			if before, ok := newest[c]; ok && s.ordinal <= before {
				t.Fatalf("life %d: got ordinal %d after %d", life, s.ordinal, before)
			}
			newest[c] = s.ordinal
			if i%2 == 0 { // the log does not get to know of the others
				p.accept(s, "A")
			}
		}
		p.kill()
		p = p.again()
	}
	return p
}

// When many conversations have waited for their claims, numbers are assigned without. After a kill all
// conversations skip W numbers then, but only for as many kills as cannot add up to a cycle. Short cycles
// have no room for that at all. What is too old to be read is not skipped any more.
func TestKillsWithoutClaims(t *testing.T) {
	for _, tt := range []struct {
		numbers uint16
		skips   uint64
	}{{257, maxUnclaimed}, {4 * 2 * window, 2}, {16, 0}} {
		t.Run(fmt.Sprint(tt.numbers), func(t *testing.T) {
			opt := ledgerOptionsOfTest()
			opt.Last = opt.First + tt.numbers - 1
			p := runLedgerOn(t, new(journal.Memory), t.TempDir(), opt)
			all := relaytest.Conversations(t, 10)
			p.last(all[8], 5)
			p.last(all[9], 5)
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			p = killsWithoutClaims(t, p.again(), all[:6])
			p.wantNext("idle", all[8], 5+tt.skips*window)
			p.wantNext("new", all[7], tt.skips*window)
			if got, want := p.begun.Load().mayLeaveClaims, false; got != want {
				t.Errorf("without claims again: got %v, want %v", got, want)
			}
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			p = p.again()
			if err := p.index.Expire(message.DayOf(p.now()) + uint16(index.MaxLasting/day) + 3); err != nil {
				t.Fatal(err)
			}
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			p = p.again()
			p.wantNext("idle, when the kills are too long ago", all[9], 5)
			if got, want := p.begun.Load().mayLeaveClaims, tt.skips > 0; got != want {
				t.Errorf("without claims, when the kills are too long ago: got %v, want %v", got, want)
			}
		})
	}
}

// A conversation that was evicted and comes back in the same epoch goes on without another claim.
func TestEvictedConversationStaysClaimed(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for want := range uint64(5) {
		p.wantNext("evicted", c, want)
		p.route("bank", "a later batch, so that what was before it counts as logged")
		p.Forget(c.Receiver, toSend(c).At)
		if n := p.table.count(); n != 0 {
			t.Fatalf("got %d conversations in memory, want it evicted", n)
		}
	}
	if n := p.claims.Load(); n != 1 {
		t.Errorf("got %d claims, want 1", n)
	}
}
