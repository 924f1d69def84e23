package gateway

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/readresponse"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
)

// piped is one link of a gateway in mirror mode, in virtual time: pipes lead to its ESME and
// to its SMSC, which are scripts.
type piped struct {
	g          *Gateway
	esme, smsc *testpeer.Peer
	stop       context.CancelFunc
	ended      chan struct{} // closed when the link has
}

// pipe starts a link and binds it as "bank". It must be called in a synctest bubble.
func pipe(t *testing.T, ledger Ledger, change func(*Options)) piped {
	t.Helper()
	opt, dialed := DefaultOptions(), make(chan net.Conn, 1)
	opt.SMSC = "smsc:1"
	opt.Dial = func(context.Context, string) (net.Conn, error) {
		near, far := net.Pipe()
		dialed <- far
		return near, nil
	}
	if change != nil {
		change(&opt)
	}
	g, err := New(opt, ledger)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	near, far := net.Pipe()
	p := piped{g: g, esme: timeless(t, far), stop: stop, ended: make(chan struct{})}
	go func() {
		newLink(g, near).run(ctx)
		close(p.ended)
	}()
	bind := simulator.Bind{SystemID: "bank"}.Append(nil, 1)
	p.esme.Send(bind)
	p.smsc = timeless(t, <-dialed)
	p.smsc.Want("bind", bind)
	p.smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0, 1, "SMSC\x00"))
	p.esme.Next("bind_resp")
	t.Cleanup(func() {
		stop()
		_, _ = p.esme.Conn.Close(), p.smsc.Conn.Close()
		<-p.ended
	})
	return p
}

// timeless is a peer that waits as long as the bubble does.
func timeless(t *testing.T, conn net.Conn) *testpeer.Peer {
	p := testpeer.New(t, conn)
	_ = conn.SetDeadline(time.Time{})
	return p
}

// stubborn gives its verdicts when the test wants them, whatever the context.
type stubborn struct {
	asked   chan context.Context
	verdict chan message.Verdict
}

func newStubborn() stubborn {
	return stubborn{make(chan context.Context, 1), make(chan message.Verdict)}
}

func (r stubborn) read(ctx context.Context, _ reads.Read) message.Verdict {
	r.asked <- ctx
	return <-r.verdict
}

// A link ends behind what waits for a verdict, and tells that to hurry: a read response of the
// ESME's, and one that came from the SMSC.
func TestLinkEndsBehindVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options func(o *Options, r readresponse.SubmitFunc)
		send    func(p piped)
	}{
		{"of the ESME", func(o *Options, r readresponse.SubmitFunc) {
			o.Acks = r
			o.Policies.Default.MayRead = []account.AddressRange{{Low: "4477009", High: "4477009", Prefix: true}}
		}, func(p piped) { p.esme.Send(ack(0x08, receiver, ackText)) }},
		{"of a subscriber", func(o *Options, r readresponse.SubmitFunc) { o.Reads = r }, func(p piped) {
			p.smsc.Send(fromSubscriber(7, smpp.ESMClassUDHI, 0, "\x05\x81\x03\x00\x11\x01"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reads := newStubborn()
				p := pipe(t, fakeLedger{}, func(o *Options) { tt.options(o, reads.read) })
				tt.send(p)
				asked := <-reads.asked
				_, _ = p.esme.Conn.Close(), p.smsc.Conn.Close()
				<-asked.Done()
				synctest.Wait()
				select {
				case <-p.ended:
					t.Error("the link has ended before the verdict")
				default:
				}
				reads.verdict <- message.Verdict{Kind: message.VerdictUnavailable}
				<-p.ended
			})
		})
	}
}

// When the gateway stops, the ESME may still answer what it was sent, and is unbound then; at
// the latest after DrainTimeout.
func TestDrainAwaitsESME(t *testing.T) {
	for _, answers := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p := pipe(t, fakeLedger{}, func(o *Options) { o.DrainTimeout = o.ResponseTimeout / 2 })
			p.smsc.Send(deliverFrame("10690001", 0, "Hello", "", 7))
			p.esme.Next("deliver_sm")
			if s := p.g.Sessions(); s[0].Deliveries != 1 {
				t.Errorf("before: got %+v, want a delivery", s)
			}
			p.stop()
			after, cutOff := p.g.opt.DrainTimeout, int64(1)
			if answers {
				after, cutOff = time.Second, 0
				time.AfterFunc(after, func() { p.esme.Send(delivered(7)) })
			}
			if f := p.esme.NextAfter("unbind", after); f.ID() != pdu.UnbindID {
				t.Errorf("got % x, want unbind", []byte(f))
			}
			if got := p.g.CutOff(); got != cutOff {
				t.Errorf("cut off: got %d sessions, want %d", got, cutOff)
			}
			if answers {
				p.smsc.Want("deliver_sm_resp", delivered(7))
			}
		})
	}
}

// A session that an operator ends twice, and then the gateway, is cut off once.
func TestCutOffOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe(t, fakeLedger{}, func(o *Options) { o.DrainTimeout = o.ResponseTimeout / 2 })
		p.smsc.Send(deliverFrame("10690001", 0, "Hello", "", 7))
		p.esme.Next("deliver_sm")
		for range 2 {
			p.g.EndSession(p.g.Sessions()[0].ID)
		}
		p.stop()
		if f := p.esme.NextAfter("unbind", p.g.opt.DrainTimeout); f.ID() != pdu.UnbindID {
			t.Errorf("got % x, want unbind", []byte(f))
		}
		synctest.Wait()
		if got := p.g.CutOff(); got != 1 {
			t.Errorf("cut off: got %d sessions, want 1", got)
		}
	})
}

// When the gateway stops, the ESME gets the answers that the SMSC owes, and is unbound then;
// at the latest after DrainTimeout. So it is with one request of many parts.
func TestDrainAwaitsSMSC(t *testing.T) {
	for _, tt := range []struct {
		name  string
		f     smpp.Frame
		parts int
	}{
		{"submit_sm", text(receiver, 2), 1},
		{"in parts", long(2, 0), 3},
		{"cancel_sm of parts", testpeer.Frame(pdu.CancelSMID, 0, 2, "\x00P1\x00\x00\x0110690001\x00\x01\x01"+receiver+"\x00"), 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ledger := fakeLedger{partIDs: func(message.Conversation, []byte, []byte) [][]byte {
					return [][]byte{[]byte("P1"), []byte("P2"), []byte("P3")}
				}}
				p := pipe(t, ledger, func(o *Options) { o.Policies.Default = splitNoRoom })
				p.esme.Send(tt.f)
				var asked []smpp.Frame
				for range tt.parts {
					asked = append(asked, p.smsc.Next("request"))
				}
				p.stop()
				for i, f := range asked {
					time.AfterFunc(time.Duration(i+1)*time.Second, func() {
						p.smsc.Send(testpeer.Frame(smpp.ResponseID(f.ID()), 0, f.Seq(), "A\x00"))
					})
				}
				if f := p.esme.NextAfter("answer", time.Duration(tt.parts)*time.Second); f.ID() != smpp.ResponseID(tt.f.ID()) || f.Seq() != 2 {
					t.Errorf("got % x, want the answer", []byte(f))
				}
				if f := p.esme.NextAfter("unbind", 0); f.ID() != pdu.UnbindID {
					t.Errorf("got % x, want unbind", []byte(f))
				}
			})
		})
	}
}
