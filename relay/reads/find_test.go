package reads

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/reads/readstest"
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

// A read response waits for the SMSC's answer to its message, up to its limit.
func TestWaitForTheAnswer(t *testing.T) {
	for _, answered := range []bool{true, false} {
		l := readstest.NewLedger(t)
		synctest.Test(t, func(t *testing.T) {
			const wait = 10 * time.Second
			rs := newService(l, func(opt *Options) { opt.Wait = wait })
			m := l.Assign(relaytest.Conversation(t, "10690001", "447700900123"))
			began := time.Now()
			m.At = began
			type result struct {
				f *index.Found
				v message.Verdict
			}
			done := make(chan result, 1)
			q := &query{receiver: m.Receiver, sender: m.Sender, number: m.Number, now: began}
			go func() {
				f, v := rs.find(t.Context(), q)
				done <- result{f, v}
			}()
			synctest.Wait()
			if len(done) > 0 {
				t.Fatalf("before the answer: got %+v, want that it waits", <-done)
			}
			if answered {
				l.Accept(m, "id")
			}
			got, took := <-done, time.Since(began)
			if answered && (got.f == nil || got.v.IsDecided() || took != 0) {
				t.Errorf("answered: got %+v after %s, want the message at once", got, took)
			}
			if !answered && (got.f != nil || got.v.Kind != message.VerdictUnavailable || got.v.RetryAfter == 0 || took != wait) {
				t.Errorf("not answered: got %+v after %s, want that it may be sent again after %s", got, took, wait)
			}
		})
	}
}

// A lookup in the index determines the verdict.
func TestVerdictOfALookup(t *testing.T) {
	if v := verdictOf(nil, errors.New("broken")); v.Kind != message.VerdictUnavailable {
		t.Errorf("index cannot be read: got %+v, want that it may be sent again", v)
	}
	if v := verdictOf(nil, nil); v.Kind != message.VerdictNotFound {
		t.Errorf("no message: got %+v, want that there is none", v)
	}
	if v := verdictOf(&index.Found{}, nil); v.IsDecided() {
		t.Errorf("a message: got %+v, want no verdict yet", v)
	}
}

// A read response may be about a message of an earlier cycle. Any other number that is not of the
// cycle is malformed.
func TestNumberOfAnotherCycle(t *testing.T) {
	l := readstest.NewLedger(t)
	m := l.Send(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	rs := newService(l, func(opt *Options) { opt.First, opt.Last = 100, 200 })
	other := responseTo(m)
	other.Number = 99
	for _, tt := range []struct {
		rd    Read
		want  message.VerdictKind
		field string
	}{{responseTo(m), message.VerdictAccepted, ""}, {other, message.VerdictMalformed, "number"}} {
		if v := rs.Submit(relaytest.Deadline(t), tt.rd); v.Kind != tt.want || v.Field != tt.field {
			t.Errorf("read of %d: got %+v, want kind %d %s", tt.rd.Number, v, tt.want, tt.field)
		}
	}
}
