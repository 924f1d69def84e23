package ledger

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/journal"
)

func TestMayGive(t *testing.T) {
	c := cycle{numbers: 400}
	for _, tt := range []struct {
		name         string
		next, logged uint64
		out          []out
		want         bool
	}{
		{"none is unknown to the log", 50, 50, nil, true},
		{"one less than the window", 50, 50 - window + 1, nil, true},
		{"the window", 50, 50 - window, nil, false},
		{"the oldest less than a quarter ago", 150, 150, []out{{ordinal: 51}, {ordinal: 149}}, true},
		{"the oldest a quarter ago", 150, 150, []out{{ordinal: 50}, {ordinal: 149}}, false},
		{"both", 150, 150 - window, []out{{ordinal: 50}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (&head{slot: &slot{next: tt.next}, logged: tt.logged, out: tt.out}).mayGive(c); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// fillWindow assigns as many numbers as may be unknown to the log. The first is the number of a
// message in parts, which it returns.
func fillWindow(t *testing.T, l *Partition, h *head) *Sent {
	t.Helper()
	first := l.mustAssign(t, partOf(t, 3, 1, time.Now()))
	for range window - 1 {
		l.mustAssign(t, toSend(h.conv))
	}
	return first
}

// A message that has to wait for the log says so once. It gets a number when the log has got
// further, and not before. A further part of a message does not wait. Without the log, or after
// assignWait, Assign gives up.
func TestWaitForLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, h := idleLedger(t)
		first := fillWindow(t, l, h)
		if s := l.mustAssign(t, partOf(t, 3, 2, time.Now())); s.ordinal != first.ordinal {
			t.Errorf("further part: got ordinal %d, want %d", s.ordinal, first.ordinal)
		}
		waits := 0
		s := toSend(h.conv)
		s.Waiting = func() { waits++ }
		given := make(chan error, 1)
		go func() { given <- l.Assign(s) }()
		locked := func(f func()) bool {
			synctest.Wait()
			h.shard.mu.Lock()
			f()
			h.shard.mu.Unlock()
			synctest.Wait()
			return len(given) > 0
		}
		if locked(func() {}) || waits != 1 {
			t.Errorf("at first: got it given %v, told to wait %d times, want it to wait", len(given) > 0, waits)
		}
		if locked(func() { h.settle(3, 0) }) {
			t.Error("settled: got a number, want it to wait for the log")
		}
		if l.status.Set(nil); locked(func() {}) {
			t.Error("up as before: got a number, want it to wait for the log")
		}
		if !locked(func() { h.raise(1) }) || s.ordinal != window || waits != 1 {
			t.Errorf("logged: got ordinal %d, told to wait %d times, want %d and 1", s.ordinal, waits, window)
		}
		if err := <-given; err != nil {
			t.Error(err)
		}
		wantNoNumber(t, l, h)
	})
}

// The head of a conversation is not evicted between the moment when a waiter is told and the one when it goes
// on. Two heads of one conversation would give the same number.
func TestToldWaiterKeepsItsHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, h := idleLedger(t)
		for range window {
			l.mustAssign(t, toSend(h.conv))
		}
		s, given := toSend(h.conv), make(chan error, 1)
		go func() { given <- l.Assign(s) }()
		synctest.Wait()
		h.shard.mu.Lock()
		for ordinal := range uint64(window) {
			h.settle(ordinal, 0)
		}
		h.raise(window)
		h.refs = 1 // as if the SMSC had answered all, and the marks were done with
		h.shard.rest(h)
		h.shard.evict(1, time.Now())
		if h.shard.heads.at(h.slot) != h || h.shard.slots.count() != 1 {
			t.Error("the head is not that of its conversation any more")
		}
		h.shard.mu.Unlock()
		if err := <-given; err != nil || s.ordinal != window {
			t.Errorf("got ordinal %d, %v, want %d", s.ordinal, err, window)
		}
		if next := l.mustAssign(t, toSend(h.conv)); next.ordinal != window+1 {
			t.Errorf("the next message: got ordinal %d, want %d", next.ordinal, window+1)
		}
	})
}

// wantNoNumber assigns in a conversation whose window is full: while the ledger goes down, and
// until the time is over.
func wantNoNumber(t *testing.T, l *Partition, h *head) {
	t.Helper()
	given := make(chan error, 1)
	for _, err := range []error{ErrDown, ErrStopped} {
		go func() { given <- l.Assign(toSend(h.conv)) }()
		synctest.Wait()
		l.status.Set(err)
		if got := <-given; !errors.Is(got, ErrDown) {
			t.Errorf("%v: got %v, want ErrDown", err, got)
		}
		if !h.shard.mu.TryLock() {
			t.Fatal("the shard stays locked")
		}
		h.shard.mu.Unlock()
		l.status.Set(nil)
	}
	another := partOf(t, 3, 2, time.Now())
	another.Part.Ref++
	wantBusy(t, l, another, assignWait)
}

func wantBusy(t *testing.T, l *Partition, s *Sent, after time.Duration) {
	t.Helper()
	began := time.Now()
	if err := l.Assign(s); !errors.Is(err, ErrBusy) || time.Since(began) != after {
		t.Errorf("got %v after %s, want ErrBusy after %s", err, time.Since(began), after)
	}
}

// A conversation in which a message has waited in vain holds up no other message, until it can give a
// number again. A further part of a message that has one goes on.
func TestStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, h := idleLedger(t)
		fillWindow(t, l, h)
		wantBusy(t, l, toSend(h.conv), assignWait)
		wantBusy(t, l, toSend(h.conv), 0)
		l.mustAssign(t, partOf(t, 3, 2, time.Now()))
		wantBusy(t, l, toSend(h.conv), 0)
		h.shard.mu.Lock()
		h.raise(1)
		h.shard.mu.Unlock()
		l.mustAssign(t, toSend(h.conv))
		wantBusy(t, l, toSend(h.conv), assignWait)
	})
}

// A record covers the assigned numbers before the window is used up, and only once.
func TestHeadsAreCoveredInTime(t *testing.T) {
	l, h := idleLedger(t)
	for i := range uint64(window) {
		l.mustAssign(t, toSend(h.conv))
		want := (i + 1) / (window / 2) * (window / 2)
		if h.cover != want || h.logged != 0 {
			t.Errorf("after %d: got %d covered and %d in the log, want %d and 0", i+1, h.cover, h.logged, want)
		}
	}
	if b := l.queue.take(); b.counts[journal.KindHead] != 2 || b.marks[0].bound != window/2 || b.marks[1].bound != window {
		t.Errorf("got %+v queued, want two heads", b)
	}
}
