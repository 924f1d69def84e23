package pool

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/testpeer"
	"readback/smpp"
)

// scene is a pool that runs until the test ends, in virtual time. Its SMSC is the test. The
// references of its requests are their sequence_numbers.
type scene struct {
	*Pool[uint32]
	t        *testing.T
	registry *prometheus.Registry
	smscs    *testpeer.Pipes
	stop     func()             // ends Run, and waits for it
	dialed   chan string        // addresses
	answers  chan smpp.Frame    // that the handlers got
	ended    chan error         // reasons that the handlers got
	handle   func(f smpp.Frame) // what the handlers do with a response that answers nothing; nil: nothing
}

// start runs a pool of the given number of binds.
func start(t *testing.T, binds int, change func(*Options[uint32])) *scene {
	t.Helper()
	s := &scene{
		t: t, registry: prometheus.NewRegistry(), smscs: testpeer.NewPipes(),
		dialed: make(chan string, 1000), answers: make(chan smpp.Frame, 1000), ended: make(chan error, 1000),
	}
	opt := Options[uint32]{
		Config:  Config{Addrs: []string{"a:1"}, SystemID: "hub", Password: "pass", SystemType: "RE", Binds: binds},
		Dial:    func(context.Context, string) (net.Conn, error) { return s.smscs.Dial(), nil },
		Session: smpp.Options{SMSC: true, Window: 10, Response: 10 * time.Second},
		Handler: func(_ int, session *smpp.Session[uint32]) Handler[uint32] { return handler{s, session} },
		Logger:  slog.New(slog.DiscardHandler), Metrics: NewMetrics(s.registry),
	}
	if change != nil {
		change(&opt)
	}
	dial := opt.Dial
	opt.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
		s.dialed <- addr
		return dial(ctx, addr)
	}
	s.Pool = New(opt)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	s.stop = func() { cancel(); running.Wait() }
	t.Cleanup(func() {
		_ = s.smscs.Close() // ends a dial, and always succeeds
		s.stop()
	})
	return s
}

// handler hands the test what it gets.
type handler struct {
	*scene
	session *smpp.Session[uint32]
}

func (h handler) Request(context.Context, smpp.Frame) error { return nil }
func (h handler) Expired(smpp.Pending[uint32])              {}
func (h handler) Idle()                                     {}
func (h handler) Ended(reason error)                        { h.ended <- reason }

func (h handler) Response(f smpp.Frame, to smpp.Pending[uint32]) error {
	if to.Ref != to.Seq {
		h.t.Errorf("answer to %d came with the reference %d", to.Seq, to.Ref)
	}
	h.answers <- append(smpp.Frame(nil), f...)
	return nil
}

func (h handler) Late(smpp.Frame, smpp.Pending[uint32]) error { return nil }

func (h handler) Unmatched(f smpp.Frame, _ *smpp.Pending[uint32]) error {
	if h.handle != nil {
		h.handle(f)
	}
	return nil
}

// accept takes the next connection of the pool.
func (s *scene) accept() *testpeer.Peer {
	s.t.Helper()
	return testpeer.Accept(s.t, s.smscs)
}

// bound takes the next connection of the pool, and accepts its bind.
func (s *scene) bound() *testpeer.Peer {
	s.t.Helper()
	smsc := s.accept()
	f := smsc.Next("bind of the pool")
	if want := "hub\x00pass\x00RE\x00\x34\x00\x00\x00"; f.ID() != pdu.BindTransceiverID || string(f.Body()) != want {
		s.t.Fatalf("bind: got % x, want bind_transceiver %q", []byte(f), want)
	}
	smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, smpp.StatusOK, f.Seq(), "SMSC\x00"))
	synctest.Wait()
	return smsc
}

// submit returns a submit_sm, whose contents matter to nobody here.
func submit(seq uint32) smpp.Frame { return testpeer.Frame(pdu.SubmitSMID, smpp.StatusOK, seq, "") }

// answer answers a submit_sm.
func answer(smsc *testpeer.Peer, f smpp.Frame, status pdu.Status) {
	smsc.T.Helper()
	body := ""
	if status == smpp.StatusOK {
		body = "A\x00"
	}
	smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, status, f.Seq(), body))
	synctest.Wait()
}

// trySend tries to send a request, which must have this outcome.
func (s *scene) trySend(seq uint32, want error) {
	s.t.Helper()
	if err := s.TrySend(submit(seq), time.Now(), seq); err != want {
		s.t.Errorf("request %d: got %v, want %v", seq, err, want)
	}
	s.Flush()
}

// up returns how many binds are up by the metric.
func (s *scene) up() (n float64) {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			n += m.GetGauge().GetValue()
		}
	}
	return n
}
