package relay

import (
	"runtime"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/ledger"
	"readback/relay/relaytest"
)

// awaitValue waits until a metric has the value. Records are counted after their waiters are told.
func awaitValue(t testing.TB, reg *prometheus.Registry, name, label string, want float64) {
	t.Helper()
	for ctx := relaytest.Deadline(t); ; runtime.Gosched() {
		got := relaytest.Metric(t, reg, name, label)
		if got == want {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s %s: got %v, want %v", name, label, got, want)
		}
	}
}

// The metric says that the ledger is down exactly while Ready does, from the beginning to the end.
func TestDownIsNotReady(t *testing.T) {
	t.Parallel()
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	opt := testOptions(t)
	reg := prometheus.NewRegistry()
	opt.Registerer, opt.NATS, opt.Logger = reg, s.ClientURL(), nil
	opened, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	want := func(when string, want float64) {
		t.Helper()
		awaitValue(t, reg, "readback_ledger_down", "", want)
		if err := opened.Ready(); (err != nil) != (want == 1) {
			t.Errorf("%s: got down %v and ready %v", when, want, err)
		}
	}
	want("opened", 1)
	r := run(t, opened)
	want("running", 0)
	r.status.Set(ledger.ErrDown)
	want("down", 1)
	r.status.Set(nil)
	want("up again", 0)
	relaytest.Halt(s)
	want("idle, and NATS is away", 1)
	_ = r.stop() // there is nobody to write the stop record to
	want("stopped", 1)
}

func TestMetricsMove(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	reg := prometheus.NewRegistry()
	opt.Registerer = reg
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	r.route("bank", "id1")
	r.read(c, 1)
	r.call("POST", "/v1/reads", `{"receiver":"447700900123","number":99}`)
	relaytest.Receive(t, r.tellings("bank"))
	// The ESME may be told before the publisher hears that the queue has it.
	awaitValue(t, reg, "readback_feedback_total", "published", 1)
	r.status.Set(ledger.ErrDown)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, label string
		want        float64
	}{
		{"readback_ledger_records_total", "start", 1},
		{"readback_ledger_records_total", "accepted", 1},
		{"readback_ledger_records_total", "route", 1},
		{"readback_ledger_records_total", "read", 1},
		{"readback_ledger_records_total", "stop", 1},
		{"readback_reads_total", "202direct", 1},
		{"readback_reads_total", "404http", 1},
		{"readback_feedback_total", "published", 1},
		{"readback_feedback_total", "delivered", 1},
		{"readback_feedback_outbox", "", 0},
		{"readback_ledger_down", "", 1},
		{"readback_ledger_dropped_total", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.label, func(t *testing.T) {
			if got := relaytest.Metric(t, reg, tt.name, tt.label); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	appends := relaytest.Metric(t, reg, "readback_ledger_append_seconds", "")
	if batches := relaytest.Metric(t, reg, "readback_ledger_batch_records", ""); appends < 3 || batches != appends+1 { // begin is not timed
		t.Errorf("got %v appends of %v batches", appends, batches)
	}
}
