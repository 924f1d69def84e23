package relay

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A read response without a sender is about the only outstanding message, or about the one that
// it was about before.
func TestPick(t *testing.T) {
	known := func(sender string, s message.State, id uint64) index.Found {
		return index.Found{Place: journal.Place{Conv: relaytest.Conversation(t, sender, "1")}, Entry: index.Entry{State: s, ReadID: id}}
	}
	sent, delivered, read, deleted := known("a", message.StateSent, 0), known("b", message.StateDelivered, 0), known("c", message.StateRead, 7), known("d", message.StateDeletedUnread, 8)
	a, x, y := relaytest.Addr(t, "a"), relaytest.Addr(t, "x"), relaytest.Addr(t, "y")
	tests := []struct {
		name             string
		all              []index.Found
		onTheirWay       []message.Addr
		id               uint64
		want             string // the sender; "": none
		other, ambiguous bool
	}{
		{"none", nil, nil, 0, "", false, false},
		{"one", []index.Found{sent}, nil, 0, "a", false, false},
		{"one beside one that was read", []index.Found{read, delivered, deleted}, nil, 0, "b", false, false},
		{"two", []index.Found{sent, delivered}, nil, 0, "", false, true},
		{"one that was read", []index.Found{read}, nil, 0, "c", false, false},
		{"a repetition", []index.Found{sent, delivered, read}, nil, 7, "c", false, false},
		{"a repetition, beside one that was deleted", []index.Found{read, deleted}, nil, 8, "d", false, false},
		{"no repetition", []index.Found{read, sent}, nil, 9, "a", false, false},
		{"one on its way", nil, []message.Addr{x}, 0, "", true, false},
		{"one on its way, and one that was read", []index.Found{read}, []message.Addr{x}, 0, "", true, false},
		{"a repetition, while one is on its way", []index.Found{read}, []message.Addr{x}, 7, "c", false, false},
		{"one on its way, and one outstanding", []index.Found{sent}, []message.Addr{x}, 0, "", false, true},
		{"two on their way", nil, []message.Addr{x, y}, 0, "", false, true},
		{"the next of the same sender on its way", []index.Found{sent}, []message.Addr{a}, 0, "", true, false},
		{"that, and another outstanding", []index.Found{sent, delivered}, []message.Addr{a}, 0, "", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, other, ambiguous := pick(tt.all, tt.onTheirWay, tt.id)
			got := ""
			if f != nil {
				got = f.Place.Conv.Sender.String()
			}
			if got != tt.want || other != tt.other || ambiguous != tt.ambiguous {
				t.Errorf("got %q, other %v, ambiguous %v, want %q, %v, %v", got, other, ambiguous, tt.want, tt.other, tt.ambiguous)
			}
		})
	}
}

// outstanding returns, by sender, the assigned numbers of a receiver that are not in the index.
func TestOutstanding(t *testing.T) {
	l, h := idleLedger(t)
	c := h.conv
	another := &head{conv: message.Conversation{Sender: relaytest.Addr(t, "10690002"), Receiver: c.Receiver}}
	l.table.of(&c.Receiver).add(another, 2, time.Now())
	s := tracked(c)
	if err := l.Assign(s); err != nil {
		t.Fatal(err)
	}
	other, nobody := relaytest.Addr(t, "447700900124"), message.Addr{}
	for i := 0; l.table.of(&other) != h.shard; i++ { // one that stands beside it
		other = relaytest.Addr(t, fmt.Sprint(447700900200+i))
	}
	tests := []struct {
		name             string
		receiver, sender message.Addr
		number           uint16
		want             int
	}{
		{"the sender", c.Receiver, c.Sender, s.Number, 1},
		{"any sender", c.Receiver, nobody, s.Number, 1},
		{"another number", c.Receiver, c.Sender, s.Number + 1, 0},
		{"another number of any sender", c.Receiver, nobody, s.Number + 1, 0},
		{"another sender", c.Receiver, another.conv.Sender, s.Number, 0},
		{"a sender that is not in memory", c.Receiver, other, s.Number, 0},
		{"another receiver", other, nobody, s.Number, 0},
	}
	for _, tt := range tests {
		senders, changed := l.Outstanding(&tt.receiver, &tt.sender, tt.number)
		if len(senders) != tt.want || (changed != nil) != (tt.want > 0) || tt.want > 0 && senders[0] != c.Sender {
			t.Errorf("%s: got %v, to look again %v, want %d", tt.name, senders, changed != nil, tt.want)
		}
	}
	_, changed := l.Outstanding(&c.Receiver, &c.Sender, s.Number)
	l.Refuse(s)
	select {
	case <-changed:
	default:
		t.Error("nobody is told that the message was refused")
	}
}

// A read response waits for the SMSC's answer to its message, up to its limit.
func TestWaitForTheAnswer(t *testing.T) {
	for _, answered := range []bool{true, false} {
		book := newBook(t)
		synctest.Test(t, func(t *testing.T) {
			l, h := idleLedger(t)
			l.index = book.ix
			opt := testOptions(t)
			rs := &Reads{ledger: l, index: book.ix, opt: &ReadOptions{Keep: opt.Keep, Wait: opt.ReadWait}}
			s := tracked(h.conv)
			if err := l.Assign(s); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			type result struct {
				f *index.Found
				v message.Verdict
			}
			done := make(chan result, 1)
			q := &question{receiver: h.conv.Receiver, sender: h.conv.Sender, number: s.Number, now: began}
			go func() {
				f, v := rs.find(t.Context(), q)
				done <- result{f, v}
			}()
			synctest.Wait()
			if len(done) > 0 {
				t.Fatalf("before the answer: got %+v, want that it waits", <-done)
			}
			if answered {
				book.write(acceptedOf(journal.Place{Conv: h.conv, Day: s.day, Number: s.Number, Ordinal: s.ordinal}, "id"))
				h.shard.mu.Lock()
				h.settle(s.ordinal, 0)
				h.shard.mu.Unlock()
			}
			got, took := <-done, time.Since(began)
			if answered && (got.f == nil || got.v.IsDecided() || took != 0) {
				t.Errorf("answered: got %+v after %s, want the message at once", got, took)
			}
			if !answered && (got.f != nil || got.v.Kind != message.VerdictUnavailable || got.v.RetryAfter == 0 || took != opt.ReadWait) {
				t.Errorf("not answered: got %+v after %s, want 503 after %s", got, took, opt.ReadWait)
			}
		})
	}
}

// The outcome of a record determines the verdict.
func TestVerdictOfAnOutcome(t *testing.T) {
	for o, want := range map[index.Outcome]int{
		index.Read: 202, index.Duplicate: 202, index.Noted: 202, index.Gone: 404, index.Down: 503, index.Gone + 1: 503,
	} {
		if v := verdictAfter(o); Code(v.Kind) != want || (v.RetryAfter > 0) != (want == 503) {
			t.Errorf("outcome %d: got %+v, want %d", o, v, want)
		}
	}
	if v := verdictOf(nil, errors.New("broken")); v.Kind != message.VerdictUnavailable {
		t.Errorf("index cannot be read: got %+v, want 503", v)
	}
	if v := verdictOf(nil, nil); v.Kind != message.VerdictNotFound {
		t.Errorf("no message: got %+v, want 404", v)
	}
	if v := verdictOf(&index.Found{}, nil); v.IsDecided() {
		t.Errorf("a message: got %+v, want no verdict yet", v)
	}
}

// The verdict on a record is its outcome in the index. Without the log, or after the time is
// over, the verdict asks to send it again.
func TestSubmitWaitsForTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, h := idleLedger(t)
		submit := func(ctx context.Context) <-chan message.Verdict {
			done := make(chan message.Verdict, 1)
			go func() {
				done <- l.Submit(ctx, journal.KindErase, func(dst []byte) []byte { return journal.AppendErase(dst, &h.conv.Receiver, 1) })
			}()
			synctest.Wait()
			return done
		}
		done := submit(t.Context())
		b := l.queue.take()
		if len(done) > 0 || b == nil || len(b.waiters) != 1 || b.counts[journal.KindErase] != 1 {
			t.Fatalf("got %+v for the log, want a record that is waited for", b)
		}
		b.waiters[0].tell(index.Gone, nil)
		if v := <-done; v.Kind != message.VerdictNotFound {
			t.Errorf("gone: got %+v, want 404", v)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done = submit(ctx)
		cancel()
		if v := <-done; v.Kind != message.VerdictUnavailable {
			t.Errorf("no more time: got %+v, want 503", v)
		}
		l.queue.take().waiters[0].tell(index.Noted, nil) // nobody waits any more: it does not block
		l.status.set(ErrDown)
		if v := <-submit(t.Context()); v.Kind != message.VerdictUnavailable || l.queue.take() != nil {
			t.Errorf("down: got %+v, want 503 and nothing for the log", v)
		}
		l.status.set(nil)
		l.queue.close()
		if v := <-submit(t.Context()); v.Kind != message.VerdictUnavailable {
			t.Errorf("no room: got %+v, want 503", v)
		}
	})
}
