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
	"readback/relay/message"
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
	sub, err := r.conn.Load().NC.Subscribe(server.JSAdvisoryConsumerMsgNakPre+".>", func(m *nats.Msg) { naked <- m.Subject })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	r.status.Set(ledger.ErrDown)
	for _, body := range []string{
		`{"receiver":"447700900123","number":1}`,
		`[{"receiver":"447700900123","number":1},{"number":1}]`, // one of them is malformed
	} {
		if _, err := r.conn.Load().JS.Publish(relaytest.Deadline(t), "readback.reads", []byte(body)); err != nil {
			t.Fatal(err)
		}
		if got := relaytest.Receive(t, naked); !strings.HasSuffix(got, "READBACK_READS.intake") {
			t.Errorf("given back: got %q, want that of the reads", got)
		}
	}
	s, err := r.conn.Load().JS.Stream(relaytest.Deadline(t), "READBACK_READS")
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
	r.Ledger().Route("bank", journal.Place{}, []byte("id"), make(relaytest.Logged, 1), 0)
	if err := r.waitDown(); !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("reason: got %v, want that NATS is away", err)
	}
	began := time.Now()
	err = r.stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("stop took %s, want a few seconds", took)
	}
	if err == nil || !strings.Contains(err.Error(), "without a stop record") {
		t.Errorf("stop: got %v, want that there is no stop record", err)
	}
}

// waitDown returns when the relay is not ready.
func (r *running) waitDown() error {
	for {
		changed, err := r.status.Get()
		if err != nil {
			return err
		}
		relaytest.Receive(r.t, changed)
	}
}

func TestNATSAwayAndBack(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	s := relaytest.NATS(t, store, server.RANDOM_PORT)
	port := relaytest.Port(t, s)
	opt := testOptions(t)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first := r.submit(c, "id1")
	pending := tracked(c)
	if err := r.Ledger().Assign(pending); err != nil {
		t.Fatal(err)
	}

	relaytest.Halt(s)
	r.accept(pending, "id2") // is told at once, or after the append's second
	if err := r.waitDown(); !errors.Is(err, ledger.ErrDown) || !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("reason: got %v, want ErrDown since NATS is away", err)
	}
	if err := r.Ready(); err == nil || err.Error() != "ledger is down: NATS is away: not connected" {
		t.Errorf("ready: got %v, want that NATS is away", err)
	}
	if err := r.Ledger().Assign(tracked(c)); !errors.Is(err, ledger.ErrDown) {
		t.Errorf("assign: got %v, want ErrDown", err)
	}
	if v := r.Reads().Submit(relaytest.Deadline(t), response(c, first.Number)); v.Kind != message.VerdictUnavailable {
		t.Errorf("read: got %+v, want 503", v)
	}

	relaytest.NATS(t, store, port)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	r.read(c, first.Number)
	r.read(c, pending.Number)
	told := r.tellings("bank")
	for _, want := range []string{"id1", "id2"} {
		if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != want {
			t.Errorf("feedback: got %v, want %s", fb.MessageIDs, want)
		}
	}
	if s := r.submit(c, "id3"); s.Number != pending.Number+1 {
		t.Errorf("number after the outage: got %d, want %d", s.Number, pending.Number+1)
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestNATSComesLater(t *testing.T) {
	t.Parallel()
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	port := relaytest.Port(t, s)
	relaytest.Halt(s)
	opt := testOptions(t)
	opt.NATS, opt.Logger = "nats://127.0.0.1:"+strconv.Itoa(port), nil
	r := launch(t, opt)
	if err := r.Ready(); err == nil {
		t.Error("ready without NATS")
	}
	if err := r.Ledger().Assign(tracked(relaytest.Conversation(t, "a", "1"))); !errors.Is(err, ledger.ErrDown) {
		t.Errorf("assign: got %v, want ErrDown", err)
	}
	relaytest.NATS(t, t.TempDir(), port)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Error(err)
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}
