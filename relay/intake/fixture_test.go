package intake

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// fixtureOptions are the options of a fixture. Without MQTT, WebSocket, Listen and NATS it has the
// HTTP API only.
type fixtureOptions struct {
	access.Rules
	reads.Limits
	Proofs         access.Proofs
	Keep, ReadWait time.Duration
	Origins, Hosts []string
	Logger         *slog.Logger

	Store           string // of the embedded server
	Listen          string
	MQTT, WebSocket *broker.Listener
	NATS            string // URL of the operator's server
}

// testOptions returns options that let everybody in.
func testOptions(t testing.TB) fixtureOptions {
	return fixtureOptions{
		Rules:  access.Rules{Auth: []string{access.AuthNone}},
		Limits: reads.Limits{ReadRate: 600, ReadBurst: 1000, GuessRate: 600, ReplayWindow: 10 * time.Minute},
		Keep:   168 * time.Hour, ReadWait: 10 * time.Second,
		Logger: slog.New(slog.DiscardHandler), Store: t.TempDir(),
	}
}

// fixture has the ways in to reads on a ledger in memory.
type fixture struct {
	t         testing.TB
	ledger    *readstest.Ledger
	submitter *Submitter
	api       *API
	registry  *prometheus.Registry

	// Of the ways over NATS.
	broker *broker.Server // nil without
	nc     *nats.Conn
	js     jetstream.JetStream
	taking chan struct{} // closed when what MQTT clients send is taken
	stop   func()        // ends them; may be called twice
}

// serve opens the ways in until the test ends.
func serve(t testing.TB, opt fixtureOptions) *fixture {
	t.Helper()
	return serveOn(t, readstest.NewLedger(t), opt)
}

// serveOn is serve on a given ledger.
func serveOn(t testing.TB, l *readstest.Ledger, opt fixtureOptions) *fixture {
	t.Helper()
	f := &fixture{t: t, ledger: l, registry: prometheus.NewRegistry(), taking: make(chan struct{}), stop: func() {}}
	audit, metrics := reads.NewAudit(opt.Logger, true, message.Mask, Code), reads.NewMetrics(metric.With(f.registry), Codes())
	budget := reads.NewBudget(metrics)
	rs := reads.New(l, l.Index, reads.Options{
		Limits: opt.Limits, First: 1, Last: 257, Keep: opt.Keep, Wait: opt.ReadWait, Proofs: opt.Proofs,
		Budget: budget, Audit: audit, Metrics: metrics,
	})
	callers := access.NewCallers(opt.Rules)
	f.submitter = NewSubmitter(rs, callers)
	f.api = NewAPI(APIOptions{
		Submitter: f.submitter, Audit: audit, OptOuts: reads.NewOptOuts(l, l.Index), Conversations: reads.NewConversations(l, l.Index, budget, opt.Keep),
		Origins: opt.Origins, Hosts: opt.Hosts, Erase: func(ctx context.Context, receiver message.Addr) message.Verdict {
			return l.Submit(ctx, journal.KindErase, func(dst []byte) []byte {
				return journal.AppendErase(dst, &receiver, time.Now().UnixMilli())
			})
		},
	})
	if opt.NATS != "" || opt.Listen != "" || opt.MQTT != nil || opt.WebSocket != nil {
		f.serveNATS(callers, &opt)
	}
	return f
}

// serveNATS opens the ways in over NATS.
func (f *fixture) serveNATS(callers *access.Callers, opt *fixtureOptions) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f.connect(ctx, callers, opt)
	for _, c := range Streams(opt.MQTT != nil) {
		if _, err := f.js.CreateOrUpdateStream(ctx, c); err != nil {
			f.t.Fatal(err)
		}
	}
	ways := NewNATSWays(NATSOptions{
		Submitter: f.submitter, Conn: f.nc, JetStream: f.js, Logger: opt.Logger,
		MQTT: opt.NATS != "" || opt.MQTT != nil, Taking: func() { close(f.taking) },
	})
	end, err := ways.Answer(ctx)
	if err != nil {
		f.t.Fatal(err)
	}
	taken := make(chan struct{})
	go func() {
		ways.Take(ctx)
		close(taken)
	}()
	f.stop = sync.OnceFunc(func() {
		cancel()
		end()
		<-taken
		f.nc.Close()
		if f.broker != nil {
			f.broker.Shutdown()
		}
	})
	f.t.Cleanup(f.stop)
}

// connect connects to the operator's server, or to one that it starts.
func (f *fixture) connect(ctx context.Context, callers *access.Callers, opt *fixtureOptions) {
	f.t.Helper()
	var err error
	client := broker.ClientOptions{Log: opt.Logger, Mask: message.Mask, Connected: func() {}}
	if opt.NATS != "" {
		f.nc, err = broker.Cluster{URL: opt.NATS}.Connect(client)
	} else {
		f.broker, err = broker.New(broker.Options{
			Store: opt.Store, Sync: time.Minute, Listen: opt.Listen, MQTT: opt.MQTT, WebSocket: opt.WebSocket,
			MaxClients: 100, MaxPayload: 1 << 20, Callers: callers, Ready: f.taking,
			Log: opt.Logger, Mask: message.Mask, Metrics: broker.NewMetrics(metric.With(f.registry)),
		})
		if err == nil {
			err = f.broker.Open()
		}
		if err != nil {
			f.t.Fatal(err)
		}
		go f.broker.Run(ctx)
		f.nc, err = f.broker.Connect(client)
	}
	if err == nil {
		f.js, err = jetstream.New(f.nc)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// submit sends a message that the SMSC accepts.
func (f *fixture) submit(c message.Conversation, id string) *readstest.Message {
	return f.ledger.Send(c, id)
}

// state returns the state of a message.
func (f *fixture) state(m *readstest.Message) message.State {
	f.t.Helper()
	found := f.ledger.Find(m.Conversation, m.Number)
	if found == nil {
		f.t.Fatalf("number %d: got no message", m.Number)
	}
	return found.Entry.State
}

// read reports a read over HTTP.
func (f *fixture) read(c message.Conversation, number int) {
	f.t.Helper()
	body := fmt.Sprintf(`{"receiver":%q,"sender":%q,"number":%d}`, c.Receiver, c.Sender, number)
	if code, answer := f.call("POST", "/v1/reads", body); code != 202 {
		f.t.Fatalf("read of %d: got %d %s, want 202", number, code, answer)
	}
}

// awaitRead waits until a message is read.
func (f *fixture) awaitRead(m *readstest.Message) {
	f.t.Helper()
	for ctx := relaytest.Deadline(f.t); f.state(m) != message.StateRead; runtime.Gosched() {
		if ctx.Err() != nil {
			f.t.Fatalf("number %d: got state %v, want it read", m.Number, f.state(m))
		}
	}
}

// call sends a request to the HTTP API.
func (f *fixture) call(method, path, body string, headers ...string) (int, string) {
	w := f.record(method, path, body, headers...)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// record sends a request, and returns the whole response.
func (f *fixture) record(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	return relaytest.Request(f.api.Handler(), method, path, body, headers...)
}
