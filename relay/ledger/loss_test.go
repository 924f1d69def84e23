package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// losing is a ledger whose log can be lost, and that can begin again.
type losing struct {
	*Partition
	t     *testing.T
	log   *journal.Memory
	lost  atomic.Bool
	ended chan error
	stop  chan struct{}
}

// runLosing runs a ledger on an empty log.
func runLosing(t *testing.T) *losing {
	t.Helper()
	ix, err := index.Open(t.TempDir(), ledgerOptionsOfTest().Logger)
	if err != nil {
		t.Fatal(err)
	}
	p := &losing{Partition: ledgerOn(ix), t: t, log: new(journal.Memory)}
	p.log.SetFault(func([]byte) (bool, error) {
		if p.lost.Load() {
			return false, journal.ErrFenced
		}
		return false, nil
	})
	p.begin()
	t.Cleanup(func() {
		close(p.stop)
		if err := relaytest.Receive(t, p.ended); err != nil {
			t.Error(err)
		}
		_ = ix.Close()
	})
	return p
}

// begin begins an epoch and runs the ledger.
func (p *losing) begin() {
	p.t.Helper()
	p.lost.Store(false)
	if err := p.Begin(relaytest.Deadline(p.t), p.log.Open()); err != nil {
		p.t.Fatal(err)
	}
	p.status.Set(nil)
	p.stop, p.ended = make(chan struct{}), make(chan error, 1)
	go func() { p.ended <- p.Run(context.Background(), p.stop) }()
}

// lose makes the ledger lose its log, and waits until it has noticed.
func (p *losing) lose() {
	p.t.Helper()
	p.lost.Store(true)
	p.route("noticed")
	if err := relaytest.Receive(p.t, p.ended); !journal.IsFinal(err) {
		p.t.Fatalf("got %v, want that the log is lost", err)
	}
}

// route queues a record that nobody waits for.
func (p *losing) route(id string) { p.enqueueRoute(p.t, id) }

// stages are the moments at which the SMSC's answer can come when the log is lost.
var stages = []string{"before the loss", "after the loss", "after a new begin"}

// at calls answer at one stage of the loss of a log, and returns when the ledger is up again.
func (p *losing) at(stage string, answer func()) {
	p.t.Helper()
	for _, s := range stages {
		switch s {
		case "before the loss":
			p.lost.Store(true)
		case "after the loss":
			p.lose()
		case "after a new begin":
			p.begin()
		}
		if s == stage {
			answer()
		}
	}
}

// messageIDs returns the message_ids of the entries of a conversation, when all that is queued is in the index.
func (p *losing) messageIDs(c message.Conversation) (all []string) {
	p.t.Helper()
	w := make(relaytest.Logged, 1)
	p.Route("bank", journal.Place{}, []byte("in the log behind them"), w, 0)
	relaytest.Receive(p.t, w)
	p.CatchUp()
	if err := p.index.EachEntry(&c, func(f index.Found) bool {
		all = append(all, strings.Join(f.Entry.MessageIDs(), "+"))
		return true
	}); err != nil {
		p.t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// answers are the ways in which the SMSC accepts a message that has been assigned.
var answers = map[string]struct {
	assign func(p *losing, c message.Conversation) (answer func(w Waiter))
	told   int
	want   string
}{
	"a message": {func(p *losing, c message.Conversation) func(Waiter) {
		s := p.mustAssign(p.t, toSend(c))
		return func(w Waiter) { p.Accept(s, []byte("A"), w, 1) }
	}, 1, "A"},
	"parts": {func(p *losing, c message.Conversation) func(Waiter) {
		var all []*Sent
		for seq := range uint8(2) {
			s := toSend(c)
			s.Part = message.Part{Ref: 7, Total: 2, Seq: seq + 1}
			all = append(all, p.mustAssign(p.t, s))
		}
		return func(w Waiter) {
			for i, s := range all {
				p.Accept(s, []byte{byte('A' + i)}, w, 1)
			}
		}
	}, 2, "A+B"},
	"a follower": {func(p *losing, c message.Conversation) func(Waiter) {
		var all []*Sent
		for seq := range uint8(2) {
			s := toSend(c)
			s.Part = message.Part{Ref: 7, Total: 2, Seq: seq + 1}
			all = append(all, s)
		}
		p.mustAssign(p.t, all[0])
		if !p.Follow(all[1]) {
			p.t.Fatal("the second part does not follow")
		}
		return func(w Waiter) {
			for i, s := range all {
				p.Accept(s, []byte{byte('A' + i)}, w, 1)
			}
		}
	}, 2, "A+B"},
	"a split message": {func(p *losing, c message.Conversation) func(Waiter) {
		s := toSend(c)
		s.Split = 2
		p.mustAssign(p.t, s)
		ids := [][]byte{[]byte("A"), []byte("B")}
		return func(w Waiter) { p.AcceptSplit(s, Split{IDs: ids, Keys: ids}, w, 1) }
	}, 1, "A+B"},
}

// A message that was assigned before the log was lost is recorded whenever its answer comes. Its waiter is
// told exactly once. The next number of the conversation is W further on.
func TestAnswersAroundALoss(t *testing.T) {
	for name, tt := range answers {
		for _, stage := range stages {
			t.Run(fmt.Sprintf("%s %s", name, stage), func(t *testing.T) {
				p := runLosing(t)
				c := relaytest.Conversation(t, "10690001", "447700900123")
				answer := tt.assign(p, c)
				told := make(relaytest.Logged, 9)
				p.at(stage, func() { answer(told) })
				if got := p.messageIDs(c); len(got) != 1 || got[0] != tt.want {
					t.Errorf("recorded: got %v, want %s", got, tt.want)
				}
				for range tt.told {
					relaytest.Receive(t, told)
				}
				if s := p.mustAssign(t, toSend(c)); s.ordinal != 1+window && s.ordinal != window {
					t.Errorf("next: got ordinal %d, want W further on", s.ordinal)
				}
				if stage == "after a new begin" && tt.want == "A+B" && name == "a split message" {
					if part, ok := p.PartOf("bank", c, []byte("B")); !ok || part.Seq != 2 {
						t.Errorf("second part: got %+v, %v", part, ok)
					}
				}
				p.wantNoRoutes(t)
				if len(told) > 0 {
					t.Errorf("told: got %d times more than %d", len(told), tt.told)
				}
			})
		}
	}
}

// A message that was refused, before or after the log was lost, is not recorded and tells nobody.
func TestRefuseAroundALoss(t *testing.T) {
	for _, stage := range stages {
		t.Run(stage, func(t *testing.T) {
			p := runLosing(t)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			s := p.mustAssign(t, toSend(c))
			p.at(stage, func() { p.Refuse(s) })
			if got := p.messageIDs(c); len(got) != 0 {
				t.Errorf("recorded: got %v, want nothing", got)
			}
		})
	}
}

// What is accepted while the log is away is bounded. What finds no room is counted, and its waiter is told.
func TestLossIsBounded(t *testing.T) {
	p := runLosing(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	var out []*Sent
	for range 3 {
		out = append(out, p.mustAssign(t, toSend(c)))
	}
	split := toSend(c)
	split.Split = 2
	p.mustAssign(t, split)
	p.lose()
	told := make(relaytest.Logged, 9)
	p.Accept(out[0], []byte("A"), told, 1)
	for p.Enqueue(journal.KindRoute, func(dst []byte) []byte { return journal.AppendRoute(dst, 20780, "bank", []byte("R")) }) == nil {
	}
	p.Accept(out[1], []byte("B"), told, 2)
	p.begin()
	p.Accept(out[2], []byte("C"), told, 3)
	for len(told) < 3 {
		p.messageIDs(c)
	}
	got := p.messageIDs(c)
	if !slices.Contains(got, "A") || slices.Contains(got, "B") {
		t.Errorf("recorded: got %v, want A and not B", got)
	}
	if n := testutil.ToFloat64(p.metrics.dropped); n < 1 {
		t.Errorf("dropped: got %v, want what found no room counted", n)
	}
}

// Assign that waits for the log when the ledger begins again gets no number from what was in memory.
func TestWaitingAssignIsDroppedWithItsConversation(t *testing.T) {
	for _, wait := range []string{"claim", "window"} {
		t.Run(wait, func(t *testing.T) {
			l, h := idleLedger(t)
			if wait == "window" {
				fillWindow(t, l, h)
			} else {
				l.unclaimed.Store(false)
			}
			waiting, given := make(chan struct{}), make(chan error, 1)
			s := toSend(h.conv)
			s.Waiting = func() { close(waiting) }
			go func() { given <- l.Assign(s) }()
			relaytest.Receive(t, waiting)
			next := h.next
			l.forgetTable()
			if err := relaytest.Receive(t, given); err != ErrDown || h.next != next {
				t.Errorf("got %v and ordinal %d, want ErrDown and %d", err, h.next, next)
			}
		})
	}
}

// A new epoch awaits claims, although numbers were assigned without claims in the one before.
func TestNewEpochAwaitsClaims(t *testing.T) {
	p := runLosing(t)
	p.unclaimed.Store(true)
	p.claims.Store(maxClaims)
	p.lose()
	p.begin()
	if p.unclaimed.Load() || p.claims.Load() != 0 {
		t.Errorf("got %d claims, none awaited %v, want 0 and false", p.claims.Load(), p.unclaimed.Load())
	}
}
