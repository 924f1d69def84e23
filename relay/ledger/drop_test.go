package ledger

import (
	"slices"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// noRoom has the states in which the queue takes no record.
var noRoom = map[string]func(*queue){
	"records": func(q *queue) { q.records = maxQueuedRecords },
	"octets":  func(q *queue) { q.octets = maxQueuedOctets },
	"closed":  func(q *queue) { q.close() },
}

// isClosed reports whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// If the queue takes no record of an accepted message, the message is settled all the same. Its
// waiter is told, and the record is counted as dropped.
func TestAcceptWithoutRoom(t *testing.T) {
	for name, fill := range noRoom {
		for _, total := range []uint8{0, 2} {
			t.Run(name, func(t *testing.T) {
				l, h := idleLedger(t)
				s := toSend(h.conv)
				s.Part = message.Part{Ref: 7, Total: total, Seq: total}
				l.mustAssign(t, s)
				changed := h.change()
				fill(l.queue)
				told := make(relaytest.Logged, 1)
				l.Accept(s, []byte("A"), told, 7)
				if len(h.out) > 0 || h.shard.busy != (list{}) || !isClosed(changed) {
					t.Errorf("got %v out, told of it %v, want it settled", h.out, isClosed(changed))
				}
				drops, late := l.queue.dropped()
				waiters{waits: late}.tell() // as the appender does
				if token := relaytest.Receive(t, told); token != 7 || drops != 1 {
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

// A refused number is settled even if the queue takes no record of it. The next record that the
// queue takes covers the number.
func TestRefuseWithoutRoom(t *testing.T) {
	for name, fill := range noRoom {
		t.Run(name, func(t *testing.T) {
			l, h := idleLedger(t)
			s := l.mustAssign(t, toSend(h.conv))
			changed := h.change()
			fill(l.queue)
			l.Refuse(s)
			if len(h.out) > 0 || h.shard.busy != (list{}) || !isClosed(changed) {
				t.Errorf("got %v out, told of it %v, want it settled", h.out, isClosed(changed))
			}
			h.refs = 0
			if h.cover != 0 || h.clean(time.Now()) {
				t.Errorf("got cover %d, clean %v, want the number not in the log", h.cover, h.clean(time.Now()))
			}
			l.queue.records, l.queue.octets, l.queue.closed = 0, 0, false
			l.Refuse(l.mustAssign(t, toSend(h.conv)))
			if b := l.queue.take(); b == nil || b.counts[journal.KindHead] != 1 || b.marks[0].bound != 2 {
				t.Errorf("with room again: got %+v queued, want a head with both numbers", b)
			}
		})
	}
}

// A refused number gets a record unless a queued record covers it already.
func TestRefusedNumberIsCovered(t *testing.T) {
	l, h := idleLedger(t)
	first, second, third := l.mustAssign(t, toSend(h.conv)), l.mustAssign(t, toSend(h.conv)), l.mustAssign(t, toSend(h.conv))
	told := make(relaytest.Logged, 1)
	l.Refuse(second)
	l.Refuse(first)
	l.Accept(third, []byte("A"), told, 1)
	b := l.queue.take()
	if b == nil || b.counts[journal.KindHead] != 1 || b.counts[journal.KindAccepted] != 1 || b.records != 2 {
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

// Each refused number gets a record, from the first one on.
func TestEachRefusedNumberIsCovered(t *testing.T) {
	l, h := idleLedger(t)
	for i := range uint64(3) {
		l.Refuse(l.mustAssign(t, toSend(h.conv)))
		if b := l.queue.take(); b == nil || b.counts[journal.KindHead] != 1 || b.marks[0].bound != i+1 || h.cover != i+1 {
			t.Errorf("number %d: got %+v queued, want a head up to it", i, b)
		}
	}
}

// A route that the queue does not take is not kept in memory, and its waiter is told at once.
func TestRouteWithoutRoom(t *testing.T) {
	for name, fill := range noRoom {
		t.Run(name, func(t *testing.T) {
			l, _ := idleLedger(t)
			fill(l.queue)
			told := make(relaytest.Logged, 1)
			l.Route("bank", journal.Place{}, []byte("1"), told, 3)
			if len(told) != 1 || <-told != 3 {
				t.Error("the waiter is not told at once")
			}
			if account, ok := l.Routed(message.Conversation{}, []byte("1")); ok || len(l.routes.pending) > 0 {
				t.Errorf("got %q in memory, want no route", account)
			}
			if drops, late := l.queue.dropped(); drops != 1 || len(late) > 0 {
				t.Errorf("got %d dropped and %d more to tell, want 1 and none", drops, len(late))
			}
		})
	}
}

// coverAll queues a head for each conversation with a number that no record covers, and reports
// whether there was room for all.
func TestCoverAll(t *testing.T) {
	l, h := idleLedger(t)
	all := []*head{h}
	for _, c := range relaytest.Conversations(t, 100) { // more than one in some shards
		all = append(all, l.table.addForTest(c))
	}
	for i, h := range all {
		for range i % 3 { // of some none is given
			l.mustAssign(t, toSend(h.conv))
		}
	}
	l.queue.records = maxQueuedRecords
	if l.table.coverAll(l.queue) {
		t.Error("without room: got all covered")
	}
	l.queue.records = maxQueuedRecords - 1
	if l.table.coverAll(l.queue) {
		t.Error("with room for one: got all covered")
	}
	l.queue.records = 0
	for range 2 { // the second time there is nothing to do
		if !l.table.coverAll(l.queue) {
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
	if b.counts[journal.KindHead] != heads || len(b.marks) != heads {
		t.Errorf("got %d heads queued with %d marks, want %d", b.counts[journal.KindHead], len(b.marks), heads)
	}
	for _, m := range b.marks {
		if m.bound != m.head.next || m.settles {
			t.Errorf("got mark %+v, want one up to %d that settles nothing", m, m.head.next)
		}
	}
}
