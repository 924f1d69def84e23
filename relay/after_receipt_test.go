package relay

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"readback/relay/feedback"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// wanting sends a message of which its ESME wants a receipt.
func (r *running) wanting(c message.Conversation, id string) *ledger.Sent {
	r.t.Helper()
	s := tracked(c)
	s.WantsReceipt = true
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatal(err)
	}
	r.accept(s, id)
	return s
}

func after(wait time.Duration) func(string) feedback.AccountSettings {
	return func(string) feedback.AccountSettings { return feedback.AccountSettings{AfterReceipt: wait} }
}

func TestFeedbackBehindTheReceipt(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Account = after(time.Hour)
	r := start(t, opt)
	told := r.tellings("bank")
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	want := func(id string, pending bool) {
		t.Helper()
		if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != id || fb.ReceiptPending != pending {
			t.Errorf("told: got %+v, want %s, receipt pending %v", fb, id, pending)
		}
	}
	early := r.wanting(c, "early")
	second := r.submit(c, "second")
	r.read(c, early.Number)
	r.read(c, second.Number)
	r.read(other, r.submit(other, "unasked").Number)
	want("unasked", false) // nothing waits for another conversation
	r.Ledger().Receipt("bank", c, []byte("early"), message.StateDelivered, 0)
	want("early", true)
	want("second", false)

	late := r.wanting(c, "late")
	r.Ledger().Receipt("bank", c, []byte("late"), message.StateDelivered, 0)
	r.awaitState(c, late.Number, "delivered")
	r.read(c, late.Number)
	want("late", false)

	failed := r.wanting(c, "failed")
	r.read(c, failed.Number)
	r.Ledger().Receipt("bank", c, []byte("failed"), message.StateFailed, 0)
	want("failed", true)
}

// awaitState waits until a message has got so far.
func (r *running) awaitState(c message.Conversation, number uint16, state string) {
	r.t.Helper()
	for ctx := relaytest.Deadline(r.t); ctx.Err() == nil; {
		view, err := r.conversation(c.Sender.String(), c.Receiver.String())
		if err != nil {
			r.t.Fatal(err)
		}
		for _, m := range view.Messages {
			if m.Number == number && m.State == state {
				return
			}
		}
	}
	r.t.Fatalf("number %d does not become %s", number, state)
}

func TestFeedbackDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"over": time.Nanosecond, "off": 0} {
		t.Run(name, func(t *testing.T) {
			opt := testOptions(t)
			opt.Account = after(wait)
			r := start(t, opt)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			r.read(c, r.wanting(c, "id").Number)
			if fb := relaytest.Receive(t, r.tellings("bank")); !fb.ReceiptPending {
				t.Errorf("told: got %+v, want its receipt pending", fb)
			}
		})
	}
}

// The session that took the receipt gets the feedback, and else the session that sent the message.
func TestSessionThatTookTheReceipt(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Account = after(time.Hour)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	told := make(chan message.Session, 10)
	for id := range message.Session(3) {
		r.deliverTo("bank", id+1, func(context.Context, *message.Feedback) error {
			told <- id + 1
			return nil
		})
	}
	for i, tt := range []struct{ sender, receipt, want message.Session }{{1, 0, 1}, {2, 0, 2}, {1, 3, 3}, {3, 1, 1}, {2, 2, 2}} {
		id := fmt.Sprint("id", i)
		s := r.wanting(c, id)
		r.feedback.Sent(&c, s.Number, tt.sender)
		r.read(c, s.Number)
		r.awaitSessions("bank", 3)
		r.Ledger().Receipt("bank", c, []byte(id), message.StateDelivered, tt.receipt)
		if got := relaytest.Receive(t, told); got != tt.want {
			t.Errorf("sent by %d, receipt taken by %d: told %d, want %d", tt.sender, tt.receipt, got, tt.want)
		}
	}
}

// awaitSessions waits until an account whose queue is not empty has so many sessions.
func (r *running) awaitSessions(account string, n int) {
	r.t.Helper()
	for {
		all, err := r.feedback.Queues(relaytest.Deadline(r.t))
		if err != nil {
			r.t.Fatal(err)
		}
		if slices.ContainsFunc(all, func(q feedback.Queue) bool { return q.Account == account && q.Sessions == n }) {
			return
		}
	}
}

// The receipt may pass while the ESME is away, or before a restart.
func TestReceiptPassesMeanwhile(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Account = after(time.Hour)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := tracked(c)
	s.WantsReceipt, s.Part = true, message.Part{Ref: 7, Total: 2, Seq: 1}
	if err := r.Ledger().Assign(s); err != nil {
		t.Fatal(err)
	}
	second := *s
	second.Part.Seq = 2
	if err := r.Ledger().Assign(&second); err != nil || second.Number != s.Number {
		t.Fatalf("second part: got %d, %v, want %d", second.Number, err, s.Number)
	}
	r.accept(s, "id1")
	r.accept(&second, "id2")
	r.read(c, s.Number)
	r.waitForQueue("bank", 1)
	r.Ledger().Receipt("bank", c, []byte("id2"), message.StateDelivered, 0)
	r.awaitPart(c, s.Number, 2)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = start(t, opt)
	told := r.tellings("bank")
	c2 := relaytest.Conversation(t, "10690001", "447700900124")
	r.read(c2, r.submit(c2, "other").Number)
	if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != "other" {
		t.Errorf("told: got %+v, want the other one, since a part has no receipt yet", fb)
	}
	r.Ledger().Receipt("bank", c, []byte("id1"), message.StateDelivered, 0)
	if fb := relaytest.Receive(t, told); fmt.Sprint(fb.MessageIDs) != "[id1 id2]" {
		t.Errorf("told: got %+v", fb)
	}

	third := r.wanting(c, "id3")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = start(t, opt)
	r.read(c, third.Number)
	r.waitForQueue("bank", 1)
	r.Ledger().Receipt("bank", c, []byte("id3"), message.StateDelivered, 0)
	r.awaitPart(c, third.Number, 0)
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.MessageIDs[0] != "id3" {
		t.Errorf("told: got %+v", fb)
	}
}

// waitForQueue waits until so much waits for an account.
func (r *running) waitForQueue(account string, n uint64) {
	r.t.Helper()
	for {
		all, err := r.feedback.Queues(relaytest.Deadline(r.t))
		if err != nil {
			r.t.Fatal(err)
		}
		if len(all) == 1 && all[0].Account == account && all[0].Waiting == n {
			return
		}
	}
}

// awaitPart waits until the receipt of a part is in the index.
func (r *running) awaitPart(c message.Conversation, number uint16, seq uint8) {
	r.t.Helper()
	for ctx := relaytest.Deadline(r.t); ctx.Err() == nil; {
		f, err := r.index.FindNumber(&c, number, relaytest.Any)
		if err != nil || f == nil {
			r.t.Fatalf("number %d: %v", number, err)
		}
		for _, p := range f.Entry.Parts {
			if p.Seq == seq && p.State == message.StateDelivered {
				return
			}
		}
	}
	r.t.Fatalf("part %d of number %d has no receipt", seq, number)
}
