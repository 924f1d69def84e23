package relay

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/relaytest"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	r.status.Set(ledger.ErrDown)
	tests := []struct{ name, body string }{
		{"one", `{"receiver":"447700900123","number":1}`},
		{"array", `[{"receiver":"447700900123","number":1},{"receiver":"447700900124","number":1}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := relaytest.Request(r.API().Handler(), "POST", "/v1/reads", tt.body)
			seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
			if w.Code != http.StatusServiceUnavailable || err != nil || seconds < 1 {
				t.Errorf("got %d, Retry-After %q, want 503 and seconds", w.Code, w.Header().Get("Retry-After"))
			}
		})
	}
}

// While the ledger is down, a read response goes back to its stream.
func TestReadsStayInNATS(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	naked := make(chan string, 16)
	sub, err := r.conn.NC.Subscribe(server.JSAdvisoryConsumerMsgNakPre+".>", func(m *nats.Msg) { naked <- m.Subject })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	r.status.Set(ledger.ErrDown)
	for _, body := range []string{
		`{"receiver":"447700900123","number":1}`,
		`[{"receiver":"447700900123","number":1},{"number":1}]`, // one of them is malformed
	} {
		if _, err := r.conn.JS.Publish(relaytest.Deadline(t), "readback.reads", []byte(body)); err != nil {
			t.Fatal(err)
		}
		if got := relaytest.Receive(t, naked); !strings.HasSuffix(got, "READBACK_READS.intake") {
			t.Errorf("given back: got %q, want that of the reads", got)
		}
	}
	s, err := r.conn.JS.Stream(relaytest.Deadline(t), "READBACK_READS")
	if err != nil || s.CachedInfo().State.Msgs != 2 {
		t.Errorf("in the stream: got %+v, %v, want 2 messages", s.CachedInfo().State, err)
	}
}

// During an outage of NATS the relay stops in time.
func TestStopDuringOutage(t *testing.T) {
	t.Parallel()
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	opt := testOptions(t)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	opt.stopWithin = 500 * time.Millisecond
	opened, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, opened)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	relaytest.Halt(s)
	r.Ledger().Route("bank", []byte("id"), make(relaytest.Logged, 1), 0)
	if err := r.waitDown(); !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("reason: got %v, want that NATS is away", err)
	}
	began := time.Now()
	err = r.stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stop took %s, want half a second", took)
	}
	if err == nil || !strings.Contains(err.Error(), "without a stop record") {
		t.Errorf("stop: got %v, want that there is no stop record", err)
	}
}
