package feedback

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/message"
)

// orderOf is an order that holds feedback with these sequences, each of a conversation of its own.
func orderOf(now time.Time, seqs ...uint64) *schedule {
	o := newSchedule()
	for _, seq := range seqs {
		o.add(seq, nil, &message.Feedback{Sender: "s", Receiver: fmt.Sprint(seq), Number: uint16(seq)}, now)
	}
	return o
}

var orderBegan = time.Unix(1795000000, 0)

// A feedback that awaits the SMSC's receipt is delivered when the receipt has passed. The
// receipt has no effect on other messages, or on feedback that was put off for another reason.
func TestReceiptPasses(t *testing.T) {
	o := newSchedule()
	add := func(seq uint64, receiver string, number uint16) *held {
		return o.add(seq, nil, &message.Feedback{Sender: "s", Receiver: receiver, Number: number}, orderBegan)
	}
	next := func(now time.Time, want uint64) {
		t.Helper()
		h, _ := o.nextAlone(now)
		if h == nil && want != 0 || h != nil && h.seq != want {
			t.Fatalf("next: got %+v, want %d", h, want)
		}
		if h != nil {
			o.done(h, nil)
		}
	}
	one := add(1, "447700900123", 5)
	other := add(2, "447700900124", 5)
	refused := add(3, "447700900125", 5)
	for _, h := range []*held{one, other} {
		h.await(orderBegan.Add(time.Minute))
	}
	refused.due = orderBegan.Add(time.Minute)
	next(orderBegan, 0)
	o.passed(one.conversation(), 6, 0)
	next(orderBegan, 0)
	o.passed(refused.conversation(), 5, 0)
	next(orderBegan, 0)
	o.passed(one.conversation(), 5, 0)
	next(orderBegan, 1)
	next(orderBegan, 0)
	if _, again := o.nextAlone(orderBegan); !again.Equal(orderBegan.Add(time.Minute)) {
		t.Errorf("look again: got %s, want in a minute", again)
	}
	next(orderBegan.Add(time.Minute), 2) // the receipt did not come
}

// The receipt does not shorten the backoff of a feedback that the ESME has refused.
func TestToldIsNotAwaited(t *testing.T) {
	o := orderOf(orderBegan, 1)
	o.held[1].await(orderBegan.Add(-time.Second))
	h, _ := o.nextAlone(orderBegan)
	if h == nil {
		t.Fatal("not told when its wait is over")
	}
	o.later(h, orderBegan.Add(time.Minute))
	o.passed(h.conversation(), 1, 0)
	if h, again := o.nextAlone(orderBegan); h != nil || !again.Equal(orderBegan.Add(time.Minute)) {
		t.Errorf("got %v at %s, want nothing before a minute", h, again)
	}
}

// The next look is when the first of those that wait is due.
func TestLookAgain(t *testing.T) {
	for _, due := range [][3]time.Duration{{1, 2, 3}, {2, 1, 3}, {3, 2, 1}} {
		o := orderOf(orderBegan, 1, 2, 3)
		for i, d := range due {
			o.held[uint64(i+1)].due = orderBegan.Add(d * time.Second)
		}
		if h, again := o.nextAlone(orderBegan); h != nil || !again.Equal(orderBegan.Add(time.Second)) {
			t.Errorf("due %v: got %v, look again at %s, want in a second", due, h, again)
		}
		if h, _ := o.nextAlone(orderBegan.Add(time.Second)); h == nil || !h.due.Equal(orderBegan.Add(time.Second)) {
			t.Errorf("due %v: got %+v after a second, want the one that is due", due, h)
		}
	}
	if h, again := newSchedule().nextAlone(orderBegan); h != nil || !again.IsZero() {
		t.Errorf("nothing is held: got %v, look again at %s", h, again)
	}
}

// Of the feedback that may be delivered the lowest sequence is next. The feedback of a
// conversation stays in order, in whatever order it comes.
func TestLowestFirst(t *testing.T) {
	o := orderOf(orderBegan, 4, 2, 9, 7, 1)
	for _, seq := range []uint64{12, 10, 11} {
		o.add(seq, nil, &message.Feedback{Sender: "s", Receiver: "one"}, orderBegan)
	}
	var all []uint64
	for _, h := range o.all() {
		all = append(all, h.seq)
	}
	if want := "[1 2 4 7 9 10 11 12]"; fmt.Sprint(all) != want {
		t.Errorf("all: got %v, want %s", all, want)
	}
	var told []uint64
	for h, _ := o.nextAlone(orderBegan); h != nil; h, _ = o.nextAlone(orderBegan) {
		told = append(told, h.seq)
	}
	if want := "[1 2 4 7 9 10]"; fmt.Sprint(told) != want { // 11 and 12 wait for 10
		t.Errorf("told: got %v, want %s", told, want)
	}
	o.done(o.held[10], nil)
	if h, _ := o.nextAlone(orderBegan); h == nil || h.seq != 11 {
		t.Errorf("after 10: got %v, want 11", h)
	}
}

// A held feedback that comes again is acknowledged with the new message, and keeps its tries and
// times.
func TestCameAgain(t *testing.T) {
	o := orderOf(orderBegan, 1)
	h := o.held[1]
	h.tries, h.due = 3, orderBegan.Add(time.Second)
	m := &taken{}
	if again := o.add(1, m, &message.Feedback{Sender: "s", Receiver: "other"}, orderBegan.Add(time.Hour)); again != h ||
		h.msg != jetstream.Msg(m) || h.tries != 3 || !h.due.Equal(orderBegan.Add(time.Second)) || !h.at.Equal(orderBegan) || len(o.conversations) != 1 {
		t.Errorf("got %+v, want the one that is held, with the new message", again)
	}
}

// An order remembers as many settled messages as may come again, and forgets the oldest.
func TestSettledIsRemembered(t *testing.T) {
	o := newSchedule()
	for seq := range uint64(maxHeld + 1) {
		o.add(seq, nil, &message.Feedback{Sender: "s", Receiver: "r"}, orderBegan)
		h, _ := o.nextAlone(orderBegan)
		h.fb.Event, h.delivered = fmt.Sprint(seq), true
		o.done(h, jetstream.Msg.Ack)
		if seq == maxHeld-1 && o.settled[0] == nil {
			t.Errorf("the first is forgotten after %d", seq+1)
		}
	}
	if o.settled[0] != nil || o.settled[1] == nil || o.settled[maxHeld] == nil || len(o.settled) != maxHeld || len(o.recent) != maxHeld {
		t.Errorf("after %d: got %d remembered in %d, want the last %d", maxHeld+1, len(o.settled), len(o.recent), maxHeld)
	}
	if len(o.delivered) != maxHeld || o.delivered["0"] || !o.delivered["1"] {
		t.Errorf("delivered: got %d remembered, want the last %d", len(o.delivered), maxHeld)
	}
}

// An unused rate is not saved up.
func TestRateSpares(t *testing.T) {
	o := orderOf(orderBegan, 1, 2, 3, 4)
	o.limits = limits{most: 10, every: time.Second}
	told := func(now time.Time) (n int, again time.Time) {
		for {
			h, at := o.nextAlone(now)
			if h == nil {
				return n, at
			}
			n++
		}
	}
	if n, again := told(orderBegan); n != 1 || !again.Equal(orderBegan.Add(time.Second-burstTime)) {
		t.Errorf("at once: got %d, look again at %s, want 1 and in a second, less %s", n, again, burstTime)
	}
	if n, _ := told(orderBegan.Add(time.Second - burstTime)); n != 1 {
		t.Errorf("after a second: got %d, want 1", n)
	}
	if n, _ := told(orderBegan.Add(time.Hour)); n != 1 {
		t.Errorf("after an hour: got %d, want 1", n)
	}
	for _, h := range o.all() {
		o.done(h, nil)
	}
	if n, again := told(orderBegan.Add(time.Hour)); n != 0 || !again.IsZero() {
		t.Errorf("nothing to tell: got %d, look again at %s, want never", n, again)
	}
}

// A feedback waits for the receipt that the ESME wants, unless that is held.
func TestReceiptWait(t *testing.T) {
	for _, tt := range []struct {
		name    string
		hold    time.Duration
		pending bool
		parts   int
		want    time.Duration
	}{
		{"not pending", 0, false, 1, 0},
		{"pending", 0, true, 1, time.Minute},
		{"held", time.Hour, true, 1, 0},
		{"of parts, which is not held", time.Hour, true, 2, time.Minute},
	} {
		s := Settings{Account: func(string) AccountSettings { return AccountSettings{AfterReceipt: time.Minute, HoldReceipt: tt.hold} }}
		a := &account{shared: &shared{}}
		a.settings.Store(&s)
		if got := a.receiptWait(&message.Feedback{ReceiptPending: tt.pending, MessageIDs: make([]string, tt.parts)}); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}
