package gateway

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/numbering"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/access"
	"readback/smpp"
	"readback/smpp/receipt"
	"readback/udh"
)

// scene is one gateway between an ESME and an SMSC that follow a script.
type scene struct {
	t        *testing.T
	g        *Gateway
	registry *prometheus.Registry
	ln       *testpeer.Pipes
	served   chan error
	stop     context.CancelFunc
	sender   string // of this scene only, so that its conversations are

	script *octets
	esme   net.Conn
	bound  chan struct{}
	ids    atomic.Uint32 // message_ids given so far

	mu       sync.Mutex
	answered map[uint32]int // answers to the ESME by sequence_number; guarded by mu
	changed  chan struct{}  // has a value when answered changes
	peers    sync.WaitGroup
}

var scenes atomic.Uint32

// The bits of FuzzLink's settings behind Overflow.
const (
	sceneShared = 1 << (6 + iota)
	sceneMarker
	sceneAuto
	scenePacked
	sceneWide
	sceneProofs
	sceneReject
	sceneLatin1
)

// sceneTimeout is how long the SMSC of a scene may take to answer.
const sceneTimeout = 200 * time.Millisecond

// strangeResponse is the command_id of a response that answers no request of a scene.
const strangeResponse pdu.ID = 0x80010299

func newScene(t *testing.T, ledger Ledger, settings uint16) *scene {
	s := &scene{
		t: t, ln: testpeer.NewPipes(), served: make(chan error, 1), script: new(octets),
		sender: fmt.Sprintf("1069%08d", scenes.Add(1)), bound: make(chan struct{}),
		answered: make(map[uint32]int), changed: make(chan struct{}, 1),
	}
	opt := DefaultOptions()
	opt.SMSC, opt.ResponseTimeout, opt.Window, opt.DrainTimeout = "smsc:1", sceneTimeout, 10, 2*sceneTimeout
	opt.Dial = func(context.Context, string) (net.Conn, error) {
		near, far := net.Pipe()
		s.peers.Go(func() { s.serveSMSC(far) })
		return near, nil
	}
	account := Account{Policy: numbering.Policy{
		When: numbering.All, Overflow: numbering.Overflow(settings & 3 % 3), SplitMulti: true, RejectOnFailure: settings&sceneReject != 0,
	}, PasswordHash: secretHash()}
	switch {
	case settings&sceneMarker != 0:
		account.Carriage = numbering.ByMarker
	case settings&sceneAuto != 0:
		account.Carriage = numbering.Auto
	}
	opt.Form.Packed, opt.Form.WideRef = settings&scenePacked != 0, settings&sceneWide != 0
	if settings&sceneProofs != 0 {
		opt.Form.Proofs, _ = access.NewProofs([]byte("sixteen octets a"))
	}
	if settings&sceneLatin1 != 0 {
		opt.Form.Default = udh.Latin1
	}
	opt.Policies = Policies{Default: account, Accounts: map[string]Account{"bank": account}}
	s.registry = prometheus.NewRegistry()
	opt.Registerer = s.registry
	if settings&sceneShared != 0 {
		opt.Shared = &pool.Config{Addrs: []string{opt.SMSC}, SystemID: "hub", Password: "pass", Binds: 2}
	}
	var err error
	if s.g, err = New(opt, ledger); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go func() { s.served <- s.g.Serve(ctx, s.ln) }()
	s.bind()
	return s
}

// bind binds the ESME, in shared mode once a bind of the gateway's own is up.
func (s *scene) bind() {
	(&world{t: s.t}).await("a bind of the gateway's own", func() bool { return s.g.Ready() == nil })
	s.esme = s.ln.Dial()
	s.peers.Go(s.readESME)
	s.write(s.esme, simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 1))
	select {
	case <-s.bound:
	case <-time.After(testpeer.Patience):
		s.t.Fatal("the ESME is not bound")
	}
}

func (s *scene) write(conn net.Conn, f smpp.Frame) {
	_ = conn.SetWriteDeadline(time.Now().Add(testpeer.Patience))
	_, _ = conn.Write(f) // who is gone needs none
}

// readESME takes what the ESME gets: answers are counted, deliver_sm is answered.
func (s *scene) readESME() {
	in := smpp.NewReader(s.esme)
	for {
		f, err := in.Next()
		if err != nil {
			return
		}
		id, seq := f.ID(), f.Seq()
		switch {
		case id == pdu.BindTransceiverRespID:
			close(s.bound)
		case id == strangeResponse: // answers nothing
		case smpp.IsResponse(id):
			s.mu.Lock()
			s.answered[seq]++
			s.mu.Unlock()
			select {
			case s.changed <- struct{}{}:
			default:
			}
		case smpp.HasResponse(id):
			s.peers.Go(func() { s.write(s.esme, testpeer.Frame(smpp.ResponseID(id), 0, seq, "\x00")) })
		}
	}
}

// serveSMSC answers what the SMSC gets as the script says.
func (s *scene) serveSMSC(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := smpp.NewReader(conn)
	for {
		f, err := in.Next()
		if err != nil {
			return
		}
		id, seq := f.ID(), f.Seq()
		if smpp.IsResponse(id) || !smpp.HasResponse(id) {
			continue
		}
		how, _ := s.script.next()
		if id == pdu.UnbindID || smpp.IsBind(id) || id == pdu.EnquireLinkID {
			how = 0
		}
		switch how % 16 {
		case 13:
			s.write(conn, testpeer.Frame(smpp.ResponseID(id), pdu.Status(how>>4)+smpp.StatusSysErr, seq, ""))
		case 14:
			s.write(conn, testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, seq, ""))
		case 15: // never
		case 10: // one with another command comes first
			s.write(conn, testpeer.Frame(strangeResponse, 0, seq, "?"))
			s.write(conn, testpeer.Frame(smpp.ResponseID(id), 0, seq, fmt.Sprintf("%X", s.ids.Add(1))+"\x00"))
		case 9: // too late, and twice
			late := testpeer.Frame(smpp.ResponseID(id), pdu.Status(how>>4&1), seq, fmt.Sprintf("%X", s.ids.Add(1))+"\x00")
			time.AfterFunc(sceneTimeout*5/4, func() { s.write(conn, late); s.write(conn, late) })
		case 12: // its receipt comes first
			n := fmt.Sprintf("%X", s.ids.Add(1))
			s.write(conn, s.receipt(n))
			s.write(conn, testpeer.Frame(smpp.ResponseID(id), 0, seq, n+"\x00"))
		case 11: // an id that was given before, or none
			s.write(conn, testpeer.Frame(smpp.ResponseID(id), 0, seq, strings.Repeat("A", int(how>>4)&1)+"\x00"))
		default:
			s.write(conn, testpeer.Frame(smpp.ResponseID(id), 0, seq, fmt.Sprintf("%X", s.ids.Add(1))+"\x00"))
		}
		if how&0x80 != 0 {
			s.write(conn, s.receipt(fmt.Sprintf("%X", s.ids.Load())))
		}
	}
}

func (s *scene) receipt(id string) smpp.Frame {
	stat, _ := s.script.next()
	return simulator.ShortMessage{
		From: simulator.Number(receiver), To: simulator.Number(s.sender), ESMClass: 4,
		UserData: []byte("id:" + id + " sub:001 dlvrd:001 stat:" + receipt.State(1+stat%8).Stat() + " err:000 text:"),
	}.Append(nil, pdu.DeliverSMID, uint32(s.ids.Add(1)))
}

// play sends what the script says, and waits until all of it is answered.
func (s *scene) play(script []byte) {
	s.script.set(script)
	seq := uint32(1)
	for {
		op, ok := s.script.next()
		if !ok {
			break
		}
		seq++
		f := s.request(op)
		f.SetSeq(seq)
		s.write(s.esme, f)
	}
	for late := time.After(testpeer.Patience); s.unanswered(seq) > 0; {
		select {
		case <-s.changed:
		case <-late:
			s.t.Fatalf("%d of %d requests are not answered", s.unanswered(seq), seq-1)
		}
	}
}

// unanswered counts the requests up to seq without an answer.
func (s *scene) unanswered(seq uint32) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := uint32(2); i <= seq; i++ {
		if s.answered[i] == 0 {
			n++
		}
	}
	return n
}

// end stops the gateway and checks that it is all gone.
func (s *scene) end() {
	s.stop()
	select {
	case err := <-s.served:
		if err != nil {
			s.t.Errorf("Serve: got %v, want nil", err)
		}
	case <-time.After(testpeer.Patience):
		s.t.Fatal("Serve goes on")
	}
	_ = s.esme.Close()
	s.peers.Wait()
	for seq, n := range s.answered {
		if n > 1 {
			s.t.Errorf("request %d is answered %d times", seq, n)
		}
	}
	if got := (&world{t: s.t, registry: s.registry}).count("readback_panics_total", ""); got != 0 {
		s.t.Fatalf("%v panics", got)
	}
	if n := s.g.receipts.InTransit(); n > 0 {
		s.t.Errorf("%d conversations have messages in transit", n)
	}
}
