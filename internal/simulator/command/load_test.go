package command

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"readback/internal/simulator"
	"readback/internal/simulator/load"
	"readback/internal/testpeer"
)

// start runs a command until the test ends.
func start(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestRelay sends a load through a relay: each message once, and each receipt.
func TestRelay(t *testing.T) {
	smsc, relay := new(screen), new(screen)
	start(t, func(ctx context.Context) error {
		return RunSMSC(ctx, SMSC{Addr: "127.0.0.1:0", Sink: true, Out: smsc})
	})
	start(t, func(ctx context.Context) error {
		return RunRelay(ctx, Relay{Addr: "127.0.0.1:0", To: smsc.wait(t, `smsc listens on (\S+)`), Out: relay})
	})
	out := new(screen)
	err := RunLoadJSON(testpeer.Within(t), load.Options{
		Addr: relay.wait(t, `relay listens on (\S+)`), Binds: 2, Messages: 200, RegisteredDelivery: 1, Linger: time.Minute, Await: load.AwaitEach,
	}, out)
	text, _ := out.printed()
	answered, last, _ := strings.Cut(text, "\n")
	var first, r load.Result
	if err != nil || json.Unmarshal([]byte(answered), &first) != nil || json.Unmarshal([]byte(last), &r) != nil {
		t.Fatalf("%v, printed %q, want two results", err, text)
	}
	if first.OK != 200 || r.OK != 200 || r.Delivered != 200 {
		t.Errorf("printed %q, want 200 messages and receipts", text)
	}
}

// TestIdle keeps sessions bound until it is told to end.
func TestIdle(t *testing.T) {
	c, ln := simulator.NewSMSC(simulator.Options{}), testpeer.Listen(t)
	testpeer.Serve(t, "the SMSC", ln, c.Serve)
	out := new(screen)
	start(t, func(ctx context.Context) error {
		return RunIdle(ctx, Idle{Addr: ln.Addr().String(), Sessions: 5, Out: out})
	})
	out.wait(t, "bound 5 sessions")
	if err := c.WaitBound(testpeer.Within(t), "", 5); err != nil {
		t.Error(err)
	}
}

// TestRunReads prints the result as JSON.
func TestRunReads(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { verdict(w, http.StatusNotFound) }))
	defer server.Close()
	out := new(screen)
	if err := RunReads(testpeer.Within(t), load.ReadsOptions{URL: server.URL, Conversations: 3}, out); err != nil {
		t.Fatal(err)
	}
	var r load.ReadsResult
	if text, _ := out.printed(); json.Unmarshal([]byte(text), &r) != nil || r.Refused[404] != 3 {
		t.Errorf("printed %q, want three that were refused", text)
	}
}
