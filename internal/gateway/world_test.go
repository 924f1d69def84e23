package gateway

import (
	"context"
	"net"
	"slices"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/admission"
	"readback/internal/deliver"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/internal/transport"
	"readback/smpp"
)

// setup is what a test wants of its gateway.
type setup struct {
	smsc     string // empty: a script, see world.smsc
	ledger   fakeLedger
	deliver  DeliverFunc
	policy   numbering.Policy
	feedback deliver.Options
	options  func(*Options)
	inMemory bool // connections are pipes, for virtual time
	limits   admission.Limits
}

// world is a gateway that serves until the test ends.
type world struct {
	*Gateway
	t        testing.TB
	addr     string // empty in memory
	dial     func() net.Conn
	registry *prometheus.Registry
	stop     context.CancelFunc
	served   chan error // what Serve returned
	smscs    net.Listener
}

// serve starts a gateway. At the end of the test it must stop by itself, all its
// links gone.
func serve(t testing.TB, s setup) *world {
	t.Helper()
	w := &world{t: t, registry: prometheus.NewRegistry(), served: make(chan error, 1)}
	opt := DefaultOptions()
	ln := w.listen(s, &opt)
	opt.Registerer, opt.Policies = w.registry, Policies{Default: Account{Policy: s.policy, Feedback: s.feedback}}
	opt.Deliver = s.deliver
	if s.options != nil {
		s.options(&opt)
	}
	var err error
	if w.Gateway, err = New(opt, s.ledger); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	if s.limits != (admission.Limits{}) {
		ln = transport.NewLimiter(transport.Limits{Limits: s.limits}, opt.Logger, nil).Listener(ln)
	}
	go func() { w.served <- w.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		w.awaitEnd()
	})
	return w
}

// listen returns the listener for ESMEs, and sets where the SMSC is.
func (w *world) listen(s setup, opt *Options) net.Listener {
	if s.inMemory {
		esmes, smscs := testpeer.NewPipes(), testpeer.NewPipes()
		w.dial, w.smscs = esmes.Dial, smscs
		opt.SMSC = "smsc:2775"
		opt.Dial = func(context.Context, string) (net.Conn, error) { return smscs.Dial(), nil }
		return esmes
	}
	if opt.SMSC = s.smsc; s.smsc == "" {
		w.smscs = testpeer.Listen(w.t)
		opt.SMSC = w.smscs.Addr().String()
	}
	ln := testpeer.Listen(w.t)
	w.addr = ln.Addr().String()
	w.dial = func() net.Conn {
		conn, err := net.Dial("tcp", w.addr)
		if err != nil {
			w.t.Fatal(err)
		}
		return conn
	}
	return ln
}

// awaitEnd waits until Serve has returned, which it must without an error.
func (w *world) awaitEnd() {
	w.t.Helper()
	if err := testpeer.Receive(w.t, "end of Serve", w.served); err != nil {
		w.t.Errorf("Serve: got %v, want nil", err)
	}
	w.served <- nil // for who asks again
}

// startSMSC serves a simulated SMSC until the test ends and returns its address.
func startSMSC(t testing.TB, opt simulator.Options) (*simulator.SMSC, string) {
	t.Helper()
	c, ln := simulator.NewSMSC(opt), testpeer.Listen(t)
	testpeer.Serve(t, "the SMSC", ln, c.Serve)
	return c, ln.Addr().String()
}

// connect opens a connection as an ESME does.
func (w *world) connect() *testpeer.Peer {
	w.t.Helper()
	return testpeer.New(w.t, w.dial())
}

// accept takes the gateway's next connection as an SMSC does.
func (w *world) accept() *testpeer.Peer {
	w.t.Helper()
	return testpeer.Accept(w.t, w.smscs)
}

// bind joins an ESME, bound as id, to an SMSC; both are scripts.
func (w *world) bind(b simulator.Bind) (esme, smsc *testpeer.Peer) {
	w.t.Helper()
	if b.SystemID == "" {
		b.SystemID = "bank"
	}
	esme = w.connect()
	request := b.Append(nil, 1)
	esme.Send(request)
	smsc = w.accept()
	smsc.Want("bind", request)
	answer := testpeer.Frame(smpp.ResponseID(request.ID()), 0, 1, "SMSC\x00")
	smsc.Send(answer)
	esme.Want("bind_resp", answer)
	return esme, smsc
}

// bindESME binds an ESME to a simulated SMSC.
func (w *world) bindESME() *testpeer.Peer {
	w.t.Helper()
	esme := w.connect()
	esme.Send(simulator.Bind{SystemID: "bank"}.Append(nil, 1))
	if f := esme.Next("bind_resp"); f.ID() != pdu.BindTransceiverRespID || f.Status() != smpp.StatusOK {
		w.t.Fatalf("bind_resp: got % x", []byte(f))
	}
	return esme
}

// count is the value of a counter or gauge, over all its series that have the
// label, which is name=value or empty.
func (w *world) count(name, label string) (sum float64) {
	w.t.Helper()
	w.series(name, func(labels []string, value float64) {
		if label == "" || slices.Contains(labels, label) {
			sum += value
		}
	})
	return sum
}

// series calls each for all series of a counter or gauge.
func (w *world) series(name string, each func(labels []string, value float64)) {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			each(labels, m.GetCounter().GetValue()+m.GetGauge().GetValue())
		}
	}
}
