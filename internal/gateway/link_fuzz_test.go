package gateway

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/simulator"
	"readback/relay"
	"readback/smpp"
	"readback/udh"
)

// FuzzLink plays a script of an ESME and an SMSC against a whole link, with the real ledger and
// every setting on that cuts, splits or converts: each request is answered once, whatever the
// SMSC says, the link ends when it is told to, and nothing panics.
func FuzzLink(f *testing.F) {
	ledger := realLedger(f)
	many := []byte{}
	for ref := range byte(33) {
		many = append(many, 0, ref, 2, 1+ref/32, 0) // 32 first parts, and the last part of another message
	}
	for settings := range uint16(4) {
		f.Add(many, settings<<6|uint16(SplitNoRoom))
		f.Add([]byte{2, 7, 2, 1, 3, 2, 5, 1, 9, 4, 3, 3, 1, 1, 2, 6, 1}, settings<<6|uint16(SplitNoRoom))
	}
	f.Add([]byte{4, 3, 1, 2, 0, 4, 2, 5, 4, 9, 7, 1, 0xFF, 3}, uint16(SplitNoRoom)|1<<6)
	f.Add([]byte{8, 16, 0x40, 5, 0, 3, 42, 2, 1, 'a', 9, 4, 1, 2, 3, 4}, uint16(RejectNoRoom)|1<<7)
	f.Fuzz(func(t *testing.T, script []byte, settings uint16) {
		if len(script) > 400 {
			return
		}
		s := newScene(t, ledger, settings)
		s.play(script)
		s.end()
	})
}

// scene is one gateway between an ESME and an SMSC that follow a script.
type scene struct {
	t        *testing.T
	g        *Gateway
	registry *prometheus.Registry
	ln       *pipes
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

// octets is a script that several goroutines read.
type octets struct {
	mu   sync.Mutex
	left []byte
}

func (o *octets) next() (b byte, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.left) == 0 {
		return 0, false
	}
	b, o.left = o.left[0], o.left[1:]
	return b, true
}

func (o *octets) take(n int) (taken []byte) {
	for range n {
		if b, ok := o.next(); ok {
			taken = append(taken, b)
		}
	}
	return taken
}

func (o *octets) set(script []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left = script
}

var scenes atomic.Uint32

// sceneSettings are the bits of FuzzLink's settings behind Overflow.
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

func newScene(t *testing.T, ledger Ledger, settings uint16) *scene {
	s := &scene{
		t: t, ln: newPipes(), served: make(chan error, 1), script: new(octets),
		sender: fmt.Sprintf("1069%08d", scenes.Add(1)), bound: make(chan struct{}),
		answered: make(map[uint32]int), changed: make(chan struct{}, 1),
	}
	opt := DefaultOptions()
	opt.SMSC, opt.ResponseTimeout, opt.Window, opt.DrainTimeout = "smsc:1", 200*time.Millisecond, 10, time.Second
	opt.Dial = func(context.Context, string) (net.Conn, error) {
		near, far := net.Pipe()
		s.peers.Go(func() { s.serveSMSC(far) })
		return near, nil
	}
	account := Account{Policy: Policy{
		When: All, Overflow: Overflow(settings & 3 % 3), SplitMulti: true, RejectOnFailure: settings&sceneReject != 0,
	}, PasswordHash: secretHash()}
	switch {
	case settings&sceneMarker != 0:
		account.Carriage = ByMarker
	case settings&sceneAuto != 0:
		account.Carriage = Auto
	}
	opt.Form.Packed, opt.Form.WideRef = settings&scenePacked != 0, settings&sceneWide != 0
	if settings&sceneProofs != 0 {
		opt.Form.Proofs, _ = relay.NewProofs([]byte("sixteen octets a"))
	}
	if settings&sceneLatin1 != 0 {
		opt.Form.Default = udh.Latin1
	}
	opt.Policies = Policies{Default: account, Accounts: map[string]Account{"bank": account}}
	s.registry = prometheus.NewRegistry()
	opt.Registerer = s.registry
	if settings&sceneShared != 0 {
		opt.Shared = &Shared{Addrs: []string{opt.SMSC}, SystemID: "hub", Password: "pass", Binds: 2}
	}
	var err error
	if s.g, err = New(opt, ledger, fakeDeliverer{}); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go func() { s.served <- s.g.Serve(ctx, s.ln) }()
	s.bind()
	return s
}

// pipes is a listener of connections within the process.
type pipes struct {
	conns  chan net.Conn
	closed context.Context
	close  context.CancelFunc
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn, 1)}
	p.closed, p.close = context.WithCancel(context.Background())
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed.Done():
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close(); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// bind binds the ESME, in shared mode once a bind of the gateway's own is up.
func (s *scene) bind() {
	for s.g.Ready() != nil {
		time.Sleep(time.Millisecond) // nothing announces it
	}
	near, far := net.Pipe()
	s.ln.conns <- near
	s.esme = far
	s.peers.Go(s.readESME)
	s.write(far, simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 1))
	select {
	case <-s.bound:
	case <-time.After(patience):
		s.t.Fatal("the ESME is not bound")
	}
}

func (s *scene) write(conn net.Conn, f smpp.Frame) {
	_ = conn.SetWriteDeadline(time.Now().Add(patience))
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
		switch {
		case f.ID() == pdu.BindTransceiverRespID:
			close(s.bound)
		case smpp.IsResponse(f.ID()):
			s.mu.Lock()
			s.answered[f.Seq()]++
			s.mu.Unlock()
			select {
			case s.changed <- struct{}{}:
			default:
			}
		case smpp.HasResponse(f.ID()):
			go s.write(s.esme, frame(smpp.ResponseID(f.ID()), 0, f.Seq(), "\x00"))
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
			s.write(conn, frame(smpp.ResponseID(id), pdu.Status(how>>4)+smpp.StatusSysErr, seq, ""))
		case 14:
			s.write(conn, frame(pdu.GenericNACKID, smpp.StatusInvCmdID, seq, ""))
		case 15: // never
		case 12: // its receipt comes first
			n := fmt.Sprintf("%X", s.ids.Add(1))
			s.write(conn, s.receipt(n))
			s.write(conn, frame(smpp.ResponseID(id), 0, seq, n+"\x00"))
		case 11: // an id that was given before, or none
			s.write(conn, frame(smpp.ResponseID(id), 0, seq, strings.Repeat("A", int(how>>4)&1)+"\x00"))
		default:
			s.write(conn, frame(smpp.ResponseID(id), 0, seq, fmt.Sprintf("%X", s.ids.Add(1))+"\x00"))
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
		UserData: []byte("id:" + id + " sub:001 dlvrd:001 stat:" + stats[1+stat%8] + " err:000 text:"),
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
	for late := time.After(patience); ; {
		s.mu.Lock()
		left, twice := 0, 0
		for n := uint32(2); n <= seq; n++ {
			left += max(0, 1-s.answered[n])
			twice += max(0, s.answered[n]-1)
		}
		s.mu.Unlock()
		if twice > 0 {
			s.t.Fatalf("%d requests are answered more than once", twice)
		}
		if left == 0 {
			return
		}
		select {
		case <-s.changed:
		case <-late:
			s.t.Fatalf("%d of %d requests are not answered", left, seq-1)
		}
	}
}

// end stops the gateway and checks that it is all gone.
func (s *scene) end() {
	s.stop()
	select {
	case err := <-s.served:
		if err != nil {
			s.t.Errorf("Serve: got %v, want nil", err)
		}
	case <-time.After(patience):
		s.t.Fatal("Serve goes on")
	}
	_ = s.esme.Close()
	s.peers.Wait()
	if got := (&world{t: s.t, registry: s.registry}).count("readback_panics_total", ""); got != 0 {
		s.t.Fatalf("%v panics", got)
	}
	s.g.underway.mu.Lock()
	defer s.g.underway.mu.Unlock()
	if n := len(s.g.underway.by); n > 0 {
		s.t.Errorf("%d conversations have messages under way", n)
	}
}

// request makes the next request of the ESME.
func (s *scene) request(op byte) smpp.Frame {
	m := simulator.ShortMessage{From: simulator.Number(s.sender), To: simulator.Number(receiver), RegisteredDelivery: op >> 3 & 0x1F}
	b := append(s.script.take(3), 0, 0, 0)
	id := pdu.SubmitSMID
	switch op % 8 {
	case 0: // a part told by sar_*
		m.UserData, m.TLVs = []byte("Hello"), sarTLVs(uint16(b[0]), b[1], b[2])
	case 1: // a part with a header, with more or less room
		m.ESMClass = smpp.ESMClassUDHI
		m.UserData = append([]byte{5, 0, 3, b[0], b[1], b[2]}, strings.Repeat("a", int(op)%154)...)
	case 2, 3: // a text from short to long, in one coding or another
		m.DataCoding = b[1] & 0x0F
		text := strings.Repeat(string([]byte{b[2], 'a'}), 40*int(b[0]%32))
		m.TLVs = smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(text))
		if op%8 == 3 {
			id = pdu.DataSMID
		}
	case 4: // the same to several receivers
		return s.multi(int(b[0]%4), strings.Repeat("a", 20*int(b[1]%32)))
	case 5:
		return frame(pdu.CancelSMID, 0, 0, fmt.Sprintf("\x00%X\x00\x01\x01%s\x00\x01\x01%s\x00", b[0], s.sender, receiver))
	case 6:
		return frame(pdu.QuerySMID, 0, 0, fmt.Sprintf("%X\x00\x01\x01%s\x00", b[0], s.sender))
	case 7: // octets as they come
		return frame(pdu.SubmitSMID, 0, 0, string(s.script.take(int(b[0]))))
	}
	return m.Append(nil, id, 0)
}

// multi is a submit_multi (SMPP 3.4 §4.5.1).
func (s *scene) multi(receivers int, text string) smpp.Frame {
	body := []byte("\x00\x01\x01" + s.sender + "\x00")
	body = append(body, byte(receivers))
	for n := range receivers {
		body = append(body, fmt.Sprintf("\x01\x01\x0144770090012%d\x00", n)...)
	}
	body = append(body, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
	body = smpp.AppendTLV(body, smpp.TagMessagePayload, []byte(text))
	f := append(smpp.AppendHeader(nil, pdu.SubmitMultiID, 0, 0, len(body)), body...)
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f
}
