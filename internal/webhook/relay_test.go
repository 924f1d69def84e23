package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"readback/internal/testpeer"
	"readback/relay"
	"readback/relay/feedback"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/reads"
)

// running is a relay, with the webhooks that it feeds.
type running struct {
	*relay.Relay
	t    *testing.T
	stop func()
}

func start(t *testing.T, store string, h *Webhooks) *running {
	t.Helper()
	opt := relay.DefaultOptions()
	opt.Store, opt.Backoff = store, []time.Duration{5 * time.Millisecond}
	r, err := relay.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Errorf("relay: %v", err)
		}
	})
	hooked, unhook := context.WithCancel(context.Background())
	parts.Go(func() {
		if err := h.Run(hooked, r.Feedback().DeliverWaiting); err != nil {
			t.Errorf("webhooks: %v", err)
		}
	})
	all := &running{r, t, sync.OnceFunc(func() { unhook(); cancel(); parts.Wait() })}
	t.Cleanup(all.stop)
	if err := r.WaitReady(testpeer.Within(t)); err != nil {
		t.Fatal(err)
	}
	return all
}

type logged chan struct{}

func (l logged) Logged(uint64) { close(l) }

// read sends a message through the ledger and has it read.
func (r *running) read(account, receiver, id string) {
	r.t.Helper()
	var c message.Conversation
	var err error
	if c.Sender, err = message.NormalAddr("10690001"); err != nil {
		r.t.Fatal(err)
	}
	if c.Receiver, err = message.NormalAddr(receiver); err != nil {
		r.t.Fatal(err)
	}
	s := &ledger.Sent{
		Conversation: c, Account: account, At: time.Now(), From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
	}
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatal(err)
	}
	inLog := make(logged)
	r.Ledger().Accept(s, []byte(id), inLog, 0)
	<-inLog
	v := r.Reads().Submit(r.t.Context(), reads.Read{Receiver: receiver, Sender: "10690001", Number: s.Number, Status: message.StatusRead})
	if !v.IsAccepted() {
		r.t.Fatalf("read: got %+v", v)
	}
}

// server answers by a function, and shows what it was asked.
func server(t *testing.T, answer func(fb *message.Feedback) int) (*Target, <-chan *message.Feedback) {
	asked := make(chan *message.Feedback, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fb := new(message.Feedback)
		if err := json.Unmarshal(body, fb); err != nil {
			t.Errorf("body %s: %v", body, err)
		}
		if err := check(r.Header.Get("Readback-Signature"), body); err != nil {
			t.Errorf("old signature: %v", err)
		}
		if err := verify(r.Header, body); err != nil {
			t.Errorf("signature: %v", err)
		}
		asked <- fb
		status := answer(fb)
		if status == 0 {
			panic(http.ErrAbortHandler) // the server dies with the request
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(srv.Close)
	return target(srv), asked
}

// Feedback is posted though no ESME is bound, again when the server died with it, and
// that of one conversation in order.
func TestFeedbackIsPosted(t *testing.T) {
	var mu sync.Mutex
	died := 0
	to, asked := server(t, func(fb *message.Feedback) int {
		mu.Lock()
		defer mu.Unlock()
		if fb.MessageIDs[0] == "a0" && died < 3 {
			died++
			return 0
		}
		return http.StatusNoContent
	})
	h := hooks(t, Targets{Accounts: map[string]*Target{"bank": to}})
	r := start(t, t.TempDir(), h)
	r.read("shop", "447700900100", "s0") // of an account without a webhook
	for i := range 3 {
		r.read("bank", "447700900101", fmt.Sprint("a", i))
		r.read("bank", "447700900102", fmt.Sprint("b", i))
	}
	events := make(map[string]string) // by message
	var a, b []string
	for len(a)+len(b) < 9 {
		fb := testpeer.Receive(t, "request", asked)
		id := fb.MessageIDs[0]
		if event, again := events[id]; again && event != fb.Event {
			t.Errorf("%s again: got event %s, want %s", id, fb.Event, event)
		}
		events[id] = fb.Event
		if id[0] == 'a' {
			a = append(a, id)
		} else {
			b = append(b, id)
		}
	}
	if fmt.Sprint(a) != "[a0 a0 a0 a0 a1 a2]" || fmt.Sprint(b) != "[b0 b1 b2]" {
		t.Errorf("requests: got %v and %v", a, b)
	}
}

// A gateway that goes down while the server has the request posts it again.
func TestFeedbackOutlivesTheGateway(t *testing.T) {
	store, hang := t.TempDir(), make(chan struct{})
	var once sync.Once
	to, asked := server(t, func(*message.Feedback) int {
		once.Do(func() { <-hang })
		return http.StatusOK
	})
	defer close(hang)
	h := hooks(t, Targets{Default: to})
	r := start(t, store, h)
	r.read("bank", "447700900101", "id0")
	first := testpeer.Receive(t, "request", asked)
	r.stop() // while the request is under way
	start(t, store, h)
	if again := testpeer.Receive(t, "request", asked); again.Event != first.Event {
		t.Errorf("after a restart: got event %s, want %s", again.Event, first.Event)
	}
}

// What the server does not want is a dead letter.
func TestFeedbackIsNotWanted(t *testing.T) {
	to, asked := server(t, func(*message.Feedback) int { return http.StatusGone })
	r := start(t, t.TempDir(), hooks(t, Targets{Default: to}))
	r.read("bank", "447700900101", "id0")
	fb := testpeer.Receive(t, "request", asked)
	for {
		dead, _, err := r.Feedback().DeadLetters(t.Context(), feedback.DeadQuery{Account: "bank", Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(dead) == 1 {
			if dead[0].Event != fb.Event || dead[0].Reason != "webhook: 410 Gone" {
				t.Errorf("dead letter: got %+v", dead[0])
			}
			return
		}
	}
}
