package relay

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"readback/relay/feedback"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/relaytest"
)

// testOptions are small and quick; the store is a directory of the test.
func testOptions(t testing.TB) Options {
	opt := DefaultOptions()
	opt.Store = t.TempDir()
	opt.Memory = 1 << 20
	opt.Sync = time.Minute // on a busy machine the server's timer races with the making of a stream
	opt.Backoff = []time.Duration{5 * time.Millisecond, 10 * time.Millisecond}
	opt.Logger = slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return opt
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

// running is a relay that runs until it is stopped.
type running struct {
	*Relay
	t      testing.TB
	cancel context.CancelFunc
	done   chan error
	once   sync.Once
	err    error
}

// start runs a relay and waits until it is ready.
func start(t testing.TB, opt Options) *running {
	t.Helper()
	r := launch(t, opt)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatalf("relay is not ready: %v", err)
	}
	return r
}

// launch runs a relay.
func launch(t testing.TB, opt Options) *running {
	t.Helper()
	r, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, r)
}

func run(t testing.TB, r *Relay) *running {
	ctx, cancel := context.WithCancel(context.Background())
	all := &running{Relay: r, t: t, cancel: cancel, done: make(chan error, 1)}
	go func() { all.done <- r.Run(ctx) }()
	t.Cleanup(func() { _ = all.stop() })
	return all
}

// stop ends the relay cleanly.
func (r *running) stop() error {
	r.once.Do(func() {
		r.cancel()
		r.err = <-r.done
	})
	return r.err
}

// crash ends the relay as kill -9 would: what is in memory is lost, no stop record is
// written.
func (r *running) crash() {
	r.Relay.conn.Load().NC.Close()
	_ = r.index.Discard()
	_ = r.stop()
}

// tracked is a submit_sm of the account bank.
func tracked(c message.Conversation) *ledger.Sent {
	return &ledger.Sent{
		Conversation: c, Account: "bank", At: time.Now(),
		From: message.Address{TON: 5, Addr: c.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
	}
}

// submit sends a message through the ledger, up to the answer to its ESME.
func (r *running) submit(c message.Conversation, id string) *ledger.Sent {
	r.t.Helper()
	s := tracked(c)
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatalf("assign: %v", err)
	}
	r.accept(s, id)
	return s
}

func (r *running) accept(s *ledger.Sent, id string) {
	w := make(relaytest.Logged, 1)
	r.Ledger().Accept(s, []byte(id), w, 7)
	<-w
}

// read sends a read response and wants it to be accepted.
func (r *running) read(c message.Conversation, number uint16) {
	r.t.Helper()
	if v := r.Reads().Submit(relaytest.Deadline(r.t), response(c, number)); !v.IsAccepted() {
		r.t.Fatalf("read of %d: got %+v, want 202", number, v)
	}
}

// call sends a request to the API.
func (r *running) call(method, path, body string, headers ...string) (int, string) {
	w := relaytest.Request(r.API().Handler(), method, path, body, headers...)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// wantMessages waits until a stream has so many messages.
func (r *running) wantMessages(stream string, want uint64) {
	r.t.Helper()
	relaytest.WantMessages(r.t, r.conn.Load().JS, stream, want)
}

// conversation returns what the index has of a conversation.
func (r *Relay) conversation(sender, receiver string) (reads.ConversationView, error) {
	to, err := message.NormalAddr(receiver)
	if err != nil {
		return reads.ConversationView{}, err
	}
	return reads.NewConversations(r.ledger, r.index, r.reads.Budget(), r.opt.Keep).View(sender, to, nil)
}

func response(c message.Conversation, number uint16) reads.Read {
	return reads.Read{Receiver: c.Receiver.String(), Sender: c.Sender.String(), Number: number, Status: message.StatusRead}
}

// tellings collects the feedback of an account until the test ends.
func (r *running) tellings(account string) <-chan *message.Feedback {
	told := make(chan *message.Feedback, 1024)
	r.deliver(account, func(_ context.Context, fb *message.Feedback) error {
		told <- fb
		return nil
	})
	return told
}

// deliver registers a session; what it returns ends it.
func (r *running) deliver(account string, tell message.Teller) (leave func()) {
	return r.deliverTo(account, 0, tell)
}

// deliverTo is deliver for a session that feedback may be for.
func (r *running) deliverTo(account string, session message.Session, tell message.Teller) (leave func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.feedback.Deliver(ctx, account, session, tell) }()
	leave = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, feedback.ErrStopped) {
			r.t.Errorf("deliver: %v", err)
		}
	})
	r.t.Cleanup(leave)
	return leave
}

func TestReadBecomesFeedback(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "+8613800138000")
	s := tracked(c)
	s.Reference, s.HasReference = 42, true
	if err := r.Ledger().Assign(s); err != nil {
		t.Fatal(err)
	}
	if s.Number != 1 {
		t.Errorf("first number: got %d, want 1", s.Number)
	}
	r.accept(s, "4A7F01")
	r.read(c, s.Number)
	fb := relaytest.Receive(t, r.tellings("bank"))
	if fb.Account != "bank" || fb.Sender != "10690001" || fb.Receiver != "8613800138000" || fb.Number != 1 ||
		fb.Status != message.StatusRead || len(fb.MessageIDs) != 1 || fb.MessageIDs[0] != "4A7F01" || *fb.Reference != 42 {
		t.Errorf("feedback: got %+v", fb)
	}
	if len(fb.Event) != 26 {
		t.Errorf("event: got %q, want 26 characters", fb.Event)
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}
