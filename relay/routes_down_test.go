package relay

import (
	"errors"
	"strconv"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"

	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/ledger"
	"readback/relay/relaytest"
)

// route says whose message id is, and waits until that is told.
func (r *running) route(account, id string) {
	w := make(relaytest.Logged, 1)
	r.Ledger().Route(account, journal.Place{}, []byte(id), w, 9)
	if token := relaytest.Receive(r.t, w); token != 9 {
		r.t.Errorf("route of %s: told with token %d, want 9", id, token)
	}
}

func (r *running) wantRouted(id, want string) {
	r.t.Helper()
	if got, ok := r.Ledger().Routed(message.Conversation{}, []byte(id)); got != want || ok != (want != "") {
		r.t.Errorf("account of %q: got %q, %v, want %q", id, got, ok, want)
	}
}

// A route that is added while NATS is away is known at once, and is in the log later.
func TestRouteWhileDown(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	s := relaytest.NATS(t, store, server.RANDOM_PORT)
	port := relaytest.Port(t, s)
	relaytest.Halt(s)
	opt := testOptions(t)
	opt.NATS, opt.Logger = "nats://127.0.0.1:"+strconv.Itoa(port), nil
	r := launch(t, opt)
	r.route("bank", "early")
	r.wantRouted("early", "bank")

	s = relaytest.NATS(t, store, port)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	r.route("bank", "up")
	relaytest.Halt(s)
	r.route("bank", "away") // is told after the append's second at most
	r.wantRouted("early", "bank")
	r.wantRouted("away", "bank")
	if err := r.waitDown(); !errors.Is(err, ledger.ErrDown) {
		t.Errorf("reason: got %v, want ErrDown", err)
	}
	r.route("shop", "away")

	relaytest.NATS(t, store, port)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	r.route("bank", "last")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	opt.Store = t.TempDir() // the log has it all
	r = start(t, opt)
	for id, want := range map[string]string{"early": "bank", "up": "bank", "away": "shop", "last": "bank"} {
		r.wantRouted(id, want)
	}
	if at, err := r.index.Position(); err != nil || at.Epoch != 2 {
		t.Errorf("after a clean stop: got %+v, %v, want epoch 2", at, err)
	}
}
