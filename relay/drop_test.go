package relay

import (
	"slices"
	"testing"
	"time"
)

// adrift is a ledger that is up, with a conversation in memory, whose log nobody writes.
func adrift(t *testing.T, c Conversation) (*Ledger, *head) {
	t.Helper()
	opt := testOptions(t)
	l := newLedger(&opt, &index{}, newStatus(), newMetrics(nil))
	l.status.set(nil)
	h := &head{conv: c}
	l.table.of(&c.Receiver).add(h, 1, time.Now())
	return l, h
}

func (l *Ledger) mustAssign(t *testing.T, s *Sent) *Sent {
	t.Helper()
	if err := l.Assign(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// noRoom are the ways in which the queue takes nothing.
var noRoom = map[string]func(*queue){
	"records": func(q *queue) { q.records = maxQueuedRecords },
	"octets":  func(q *queue) { q.octets = maxQueuedOctets },
	"closed":  func(q *queue) { q.close() },
}

// isClosed reports whether a change was told.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestAcceptWithoutRoom: when the queue takes no record, the message counts as settled all the
// same, whoever waits for it is told, and the record is counted as dropped.
func TestAcceptWithoutRoom(t *testing.T) {
	for name, fill := range noRoom {
		for _, total := range []uint8{0, 2} {
			t.Run(name, func(t *testing.T) {
				l, h := adrift(t, conversation(t, "10690001", "447700900123"))
				s := message(h.conv)
				s.Part = Part{Ref: 7, Total: total, Seq: total}
				l.mustAssign(t, s)
				changed := h.change()
				fill(l.queue)
				told := make(logged, 1)
				l.Accept(s, []byte("A"), told, 7)
				if len(h.out) > 0 || h.shard.busy != nil || !isClosed(changed) {
					t.Errorf("got %v out, told of it %v, want it settled", h.out, isClosed(changed))
				}
				drops, late := l.queue.dropped()
				waiters{waits: late}.tell() // as the appender does
				if token := receive(t, told); token != 7 || drops != 1 {
					t.Errorf("got token %d and %d dropped, want 7 and 1", token, drops)
				}
				if l.Accept(s, []byte("A"), told, 8); len(h.out) > 0 {
					t.Errorf("accepted again: got %v out", h.out)
				}
				if _, late := l.queue.dropped(); len(late) != 1 && len(told) != 1 {
					t.Error("accepted again: its waiter is not told")
				}
			})
		}
	}
}

// TestRefuseWithoutRoom: a refused number counts as settled though the log is not told of it;
// the log is told when there is room again.
func TestRefuseWithoutRoom(t *testing.T) {
	for name, fill := range noRoom {
		t.Run(name, func(t *testing.T) {
			l, h := adrift(t, conversation(t, "10690001", "447700900123"))
			s := l.mustAssign(t, message(h.conv))
			changed := h.change()
			fill(l.queue)
			l.Refuse(s)
			if len(h.out) > 0 || h.shard.busy != nil || !isClosed(changed) {
				t.Errorf("got %v out, told of it %v, want it settled", h.out, isClosed(changed))
			}
			if h.cover != 0 || h.clean(time.Now()) {
				t.Errorf("got cover %d, clean %v, want the number not in the log", h.cover, h.clean(time.Now()))
			}
			l.queue.records, l.queue.octets, l.queue.closed = 0, 0, false
			l.Refuse(l.mustAssign(t, message(h.conv)))
			if b := l.queue.take(); b == nil || b.counts[kindHead] != 1 || b.marks[0].bound != 2 {
				t.Errorf("with room again: got %+v queued, want a head with both numbers", b)
			}
		})
	}
}

// TestRefusedNumberIsCovered: the log is told of a refused number unless a record that is queued
// already says as much.
func TestRefusedNumberIsCovered(t *testing.T) {
	l, h := adrift(t, conversation(t, "10690001", "447700900123"))
	first, second, third := l.mustAssign(t, message(h.conv)), l.mustAssign(t, message(h.conv)), l.mustAssign(t, message(h.conv))
	told := make(logged, 1)
	l.Refuse(second)
	l.Refuse(first)
	l.Accept(third, []byte("A"), told, 1)
	b := l.queue.take()
	if b == nil || b.counts[kindHead] != 1 || b.counts[kindAccepted] != 1 || b.records != 2 {
		t.Fatalf("got %+v queued, want one head and one accepted message", b)
	}
	want := []mark{{head: h, bound: 3}, {head: h, bound: 3, ordinal: 2, settles: true}}
	if !slices.Equal(b.marks, want) || len(b.waits) != 1 {
		t.Errorf("got marks %+v and %d waiters, want %+v and 1", b.marks, len(b.waits), want)
	}
	if !slices.Equal(h.out, []out{{ordinal: 2, day: third.day}}) {
		t.Errorf("got %+v out, want the accepted one until the index has it", h.out)
	}
	l.Refuse(first) // its fate is known
	if l.Refuse(third); len(h.out) != 1 || l.queue.take() != nil {
		t.Errorf("told twice: got %+v out, want no change", h.out)
	}
}

// TestEachRefusedNumberIsCovered: the log is told of each, from the first one on.
func TestEachRefusedNumberIsCovered(t *testing.T) {
	l, h := adrift(t, conversation(t, "10690001", "447700900123"))
	for i := range uint64(3) {
		l.Refuse(l.mustAssign(t, message(h.conv)))
		if b := l.queue.take(); b == nil || b.counts[kindHead] != 1 || b.marks[0].bound != i+1 || h.cover != i+1 {
			t.Errorf("number %d: got %+v queued, want a head up to it", i, b)
		}
	}
}

// TestRouteWithoutRoom: a route that the queue does not take is not known, and whoever waits is
// told at once.
func TestRouteWithoutRoom(t *testing.T) {
	for name, fill := range noRoom {
		t.Run(name, func(t *testing.T) {
			l, _ := adrift(t, conversation(t, "10690001", "447700900123"))
			fill(l.queue)
			told := make(logged, 1)
			l.Route("bank", []byte("1"), told, 3)
			if len(told) != 1 || <-told != 3 {
				t.Error("the waiter is not told at once")
			}
			if account, ok := l.Routed([]byte("1")); ok || len(l.routes.pending) > 0 {
				t.Errorf("got %q in memory, want no route", account)
			}
			if drops, late := l.queue.dropped(); drops != 1 || len(late) > 0 {
				t.Errorf("got %d dropped and %d more to tell, want 1 and none", drops, len(late))
			}
		})
	}
}

// TestCoverAll queues a head for each conversation of which a number is not on its way to the
// log, and says when there is no room for all.
func TestCoverAll(t *testing.T) {
	l, h := adrift(t, conversation(t, "10690001", "447700900123"))
	all := []*head{h}
	for _, c := range conversations(t, 100) {
		h := &head{conv: c}
		l.table.of(&c.Receiver).add(h, 101, time.Now()) // more than one in some shards
		all = append(all, h)
	}
	for i, h := range all {
		for range i % 3 { // of some none is given
			l.mustAssign(t, message(h.conv))
		}
	}
	l.queue.records = maxQueuedRecords
	if l.coverAll() {
		t.Error("without room: got all covered")
	}
	l.queue.records = maxQueuedRecords - 1
	if l.coverAll() {
		t.Error("with room for one: got all covered")
	}
	l.queue.records = 0
	for range 2 { // the second time there is nothing to do
		if !l.coverAll() {
			t.Error("with room: got some left")
		}
	}
	b, heads := l.queue.take(), 0
	for i, h := range all {
		if h.next != uint64(i%3) || h.cover != h.next {
			t.Errorf("head %d: got %d of %d covered", i, h.cover, h.next)
		}
		heads += min(i%3, 1)
	}
	if b.counts[kindHead] != heads || len(b.marks) != heads {
		t.Errorf("got %d heads queued with %d marks, want %d", b.counts[kindHead], len(b.marks), heads)
	}
	for _, m := range b.marks {
		if m.bound != m.head.next || m.settles {
			t.Errorf("got mark %+v, want one up to %d that settles nothing", m, m.head.next)
		}
	}
}
