package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// holding says how long receipts are held.
func holding(hold time.Duration) func(string) AccountSettings {
	return func(string) AccountSettings { return AccountSettings{HoldReceipt: hold} }
}

// hold gives the relay the SMSC's receipt of a message.
func (r *running) hold(c message.Conversation, id string) bool {
	r.t.Helper()
	held, err := r.feedback.HoldReceipt(relaytest.Deadline(r.t), "bank", c, []byte(id), []byte("receipt of "+id))
	if err != nil {
		r.t.Fatalf("hold the receipt of %s: %v", id, err)
	}
	return held
}

// later lets receipts go as if it were so much later.
func (r *running) later(d time.Duration) {
	r.t.Helper()
	if err := r.feedback.releaseDue(relaytest.Deadline(r.t), time.Now().Add(d)); err != nil {
		r.t.Fatalf("release: %v", err)
	}
}

// passTime waits until the log, which counts milliseconds, has another time.
func passTime() {
	for began := time.Now(); time.Since(began) < 2*time.Millisecond; {
		runtime.Gosched()
	}
}

func TestReadTakesThePlaceOfTheReceipt(t *testing.T) {
	reg := prometheus.NewRegistry()
	opt := testOptions(t)
	opt.Registerer, opt.Account = reg, holding(time.Hour)
	r := start(t, opt)
	told := r.tellings("bank")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first := r.submit(c, "first")
	if !r.hold(c, "first") {
		t.Error("the receipt is not held")
	}
	if !r.hold(c, "first") { // the SMSC did not hear our answer
		t.Error("the receipt is not held again")
	}
	r.later(0)
	r.read(c, first.Number)
	if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != "first" || fb.Receipt != nil || fb.DeliveredAt.IsZero() {
		t.Errorf("told: got %+v, want that it is read", fb)
	}
	r.wantEmpty(queueStream)
	r.later(2 * time.Hour)
	r.wantEmpty(heldStream)
	r.wantEmpty(queueStream)
	if got := value(t, reg, "readback_feedback_total", "superseded"); got != 1 {
		t.Errorf("superseded: got %v, want 1", got)
	}

	early := r.submit(c, "early") // read before its receipt comes
	r.read(c, early.Number)
	if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != "early" {
		t.Errorf("told: got %+v", fb)
	}
	if !r.hold(c, "early") {
		t.Error("the receipt of what is read passes, want it kept")
	}
	r.wantEmpty(heldStream)
}

func TestReceiptGoesWhenItsTimeIsOver(t *testing.T) {
	opt := testOptions(t)
	opt.Account = holding(time.Hour)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := r.submit(c, "id1")
	if !r.hold(c, "id1") {
		t.Fatal("the receipt is not held")
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	opt.Account = holding(time.Nanosecond) // what is read from now on is too late
	r = start(t, opt)
	r.later(time.Minute)
	told := r.tellings("bank")
	fb := relaytest.Receive(t, told)
	if !bytes.Equal(fb.Receipt, []byte("receipt of id1")) || fb.Number != s.Number {
		t.Errorf("told: got %+v, want the SMSC's receipt", fb)
	}
	passTime()
	r.read(c, s.Number)
	r.wantEmpty(queueStream)
	other := relaytest.Conversation(t, "10690001", "447700900124")
	r.read(other, r.submit(other, "id2").Number)
	if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != "id2" {
		t.Errorf("told: got %+v, want the other message alone", fb)
	}
}

// TestReceiptOfAnotherForm: what was held for an account that no deliver_sm tells any more is no
// feedback, and not lost either.
func TestReceiptOfAnotherForm(t *testing.T) {
	for name, form := range map[string]AccountSettings{"nats": {Own: true}, "off": {Quiet: true}} {
		t.Run(name, func(t *testing.T) {
			opt := testOptions(t)
			opt.Account = holding(time.Hour)
			r := start(t, opt)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			r.submit(c, "id1")
			if !r.hold(c, "id1") {
				t.Fatal("the receipt is not held")
			}
			if err := r.Use(Settings{FeedbackSettings: FeedbackSettings{FeedbackKeep: time.Hour, Account: func(string) AccountSettings { return form }}}); err != nil {
				t.Fatal(err)
			}
			r.later(time.Minute)
			r.wantEmpty(heldStream)
			r.wantEmpty(queueStream)
			if letters := r.awaitDead(1); letters[0].Account != "bank" {
				t.Errorf("got %+v, want the receipt among the dead letters", letters)
			}
		})
	}
}

func TestReceiptsThatPass(t *testing.T) {
	opt := testOptions(t)
	opt.Account = holding(time.Hour)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	if r.hold(c, "unknown") {
		t.Error("the receipt of a message without a number is held")
	}
	s := tracked(c)
	s.Part = message.Part{Ref: 7, Total: 2, Seq: 1}
	if err := r.Ledger().Assign(s); err != nil {
		t.Fatal(err)
	}
	r.accept(s, "part")
	if r.hold(c, "part") {
		t.Error("the receipt of a part is held")
	}
	r.wantEmpty(heldStream)
	second := *s
	second.Part.Seq = 2
	if err := r.Ledger().Assign(&second); err != nil {
		t.Fatal(err)
	}
	r.accept(&second, "part 2")
	for _, id := range []string{"part", "part 2"} {
		r.Ledger().Receipt(c, []byte(id), message.StateDelivered)
	}
	r.awaitState(c, s.Number, "delivered")
	r.feedback.settings.Store(&FeedbackSettings{FeedbackKeep: time.Hour, Account: holding(time.Nanosecond)})
	passTime()
	r.read(c, s.Number)
	if fb := relaytest.Receive(t, r.tellings("bank")); len(fb.MessageIDs) != 2 {
		t.Errorf("told: got %+v, want that both parts are read", fb)
	}
}

// firstHeld is the oldest receipt that is held.
func (r *running) firstHeld() (seq uint64, h heldReceipt) {
	r.t.Helper()
	s, err := r.js.Stream(relaytest.Deadline(r.t), heldStream)
	if err != nil {
		r.t.Fatal(err)
	}
	m, err := s.GetMsg(relaytest.Deadline(r.t), 1, jetstream.WithGetMsgSubject(heldSubject+">"))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := json.Unmarshal(m.Data, &h); err != nil {
		r.t.Fatal(err)
	}
	return m.Sequence, h
}

// TestHeldReceiptHasAMargin: a read response in time is in the log before the receipt goes.
func TestHeldReceiptHasAMargin(t *testing.T) {
	opt := testOptions(t)
	opt.Account = holding(time.Hour)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	if !r.hold(c, "id1") {
		t.Fatal("the receipt is not held")
	}
	_, h := r.firstHeld()
	due := h.At.Add(time.Hour + heldMargin)
	for _, tt := range []struct {
		name string
		now  time.Time
		want uint64
	}{{"when its time is over", h.At.Add(time.Hour), 1}, {"within the margin", due.Add(-1), 1}, {"after the margin", due, 0}} {
		if err := r.feedback.releaseDue(relaytest.Deadline(t), tt.now); err != nil {
			t.Fatal(err)
		}
		s, err := r.js.Stream(relaytest.Deadline(t), heldStream)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.CachedInfo().State.Msgs; got != tt.want {
			t.Errorf("%s: got %d held, want %d", tt.name, got, tt.want)
		}
	}
	if heldMargin < time.Second {
		t.Errorf("got a margin of %s, want time for an append that is made again", heldMargin)
	}
	r.wantMessages(queueStream, 1)
}

// TestReceiptIsHeldOnce: the SMSC that sends it again does not have it told twice; the receipt
// of the next message is another one.
func TestReceiptIsHeldOnce(t *testing.T) {
	opt := testOptions(t)
	opt.Account = holding(time.Hour)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	r.submit(c, "id2")
	r.submit(relaytest.Conversation(t, "10690001", "447700900124"), "id1")
	for range 2 {
		for _, id := range []string{"id1", "id2"} {
			if !r.hold(c, id) {
				t.Fatal("the receipt is not held")
			}
		}
		if !r.hold(relaytest.Conversation(t, "10690001", "447700900124"), "id1") {
			t.Fatal("the receipt is not held")
		}
	}
	r.wantMessages(heldStream, 3)
}

// TestReceiptGoesOnce: a crash between the queue's copy of a receipt and the end of the held one
// does not have it told twice, wherever it goes.
func TestReceiptGoesOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		form   AccountSettings
		stream string
	}{
		"feedback":    {AccountSettings{HoldReceipt: time.Hour}, queueStream},
		"dead letter": {AccountSettings{HoldReceipt: time.Hour, Own: true}, deadStream},
	} {
		t.Run(name, func(t *testing.T) {
			opt := testOptions(t)
			opt.Logger, opt.Account = nil, func(string) AccountSettings { return tt.form }
			r := start(t, opt)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			s := r.submit(c, "id1")
			if !r.hold(c, "id1") {
				t.Fatal("the receipt is not held")
			}
			seq, h := r.firstHeld()
			for range 2 {
				if err := r.feedback.release(relaytest.Deadline(t), seq, &h, h.At.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			r.wantMessages(tt.stream, 1)
			if err := r.feedback.release(relaytest.Deadline(t), seq+1, &h, h.At.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			r.wantMessages(tt.stream, 2)
			if accounts, _ := r.feedback.accounts.waiting.get(); accounts["bank"] != (tt.stream == queueStream) {
				t.Errorf("got %v waiting, want bank if it is feedback", accounts)
			}
			if tt.stream == deadStream {
				return
			}
			fb := relaytest.Receive(t, r.tellings("bank"))
			if fb.Event != fmt.Sprint("receipt-", seq) || fb.Account != "bank" || fb.Number != s.Number || fb.MessageIDs[0] != "id1" ||
				fb.Sender != "10690001" || fb.Receiver != "447700900123" || !fb.ReceivedAt.Equal(h.At) {
				t.Errorf("told: got %+v, want the receipt of the message", fb)
			}
		})
	}
}
