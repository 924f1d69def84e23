package ledger

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// Outstanding returns, by sender, the assigned numbers of a receiver that are not in the index.
func TestOutstanding(t *testing.T) {
	l, h := idleLedger(t)
	c := h.conv
	another := l.table.addForTest(message.Conversation{Sender: relaytest.Addr(t, "10690002"), Receiver: c.Receiver})
	s := toSend(c)
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

// The outcome of a record determines the verdict.
func TestVerdictOfAnOutcome(t *testing.T) {
	for o, want := range map[index.Outcome]message.VerdictKind{
		index.Read: message.VerdictAccepted, index.Duplicate: message.VerdictAccepted, index.Noted: message.VerdictAccepted,
		index.Gone: message.VerdictNotFound, index.Down: message.VerdictUnavailable, index.Gone + 1: message.VerdictUnavailable,
	} {
		if v := verdictAfter(o); v.Kind != want || (v.RetryAfter > 0) != (want == message.VerdictUnavailable) {
			t.Errorf("outcome %d: got %+v, want kind %d", o, v, want)
		}
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
		l.status.Set(ErrDown)
		if v := <-submit(t.Context()); v.Kind != message.VerdictUnavailable || l.queue.take() != nil {
			t.Errorf("down: got %+v, want 503 and nothing for the log", v)
		}
		l.status.Set(nil)
		l.queue.close()
		if v := <-submit(t.Context()); v.Kind != message.VerdictUnavailable {
			t.Errorf("no room: got %+v, want 503", v)
		}
	})
}
