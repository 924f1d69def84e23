package gateway

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// Where the ESME unbinds it gets its answer, whatever the SMSC does.
func TestESMEUnbinds(t *testing.T) {
	const answered, hangsUp, silent = "answered", "SMSC hangs up", "SMSC stays silent"
	for _, name := range []string{answered, hangsUp, silent} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := serve(t, setup{inMemory: true, options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }})
				esme, smsc := w.bind(simulator.Bind{})
				unbind := testpeer.Frame(pdu.UnbindID, 0, 5, "")
				esme.Send(unbind)
				smsc.Want("unbind", unbind)
				switch name {
				case answered:
					smsc.Send(testpeer.Frame(pdu.UnbindRespID, 0, 5, ""))
				case hangsUp:
					_ = smsc.Conn.Close()
				}
				esme.Want("unbind_resp", testpeer.Frame(pdu.UnbindRespID, 0, 5, ""))
				esme.WantEnd()
				switch name {
				case answered:
					smsc.WantEnd()
				case silent:
					smsc.WantEnd() // it is not asked again
				}
			})
		})
	}
}

// Before any bind there is nobody to pass an unbind to.
func TestESMEUnbindsUnbound(t *testing.T) {
	esme := serve(t, setup{}).connect()
	esme.Send(testpeer.Frame(pdu.UnbindID, 0, 1, ""))
	esme.Want("unbind_resp", testpeer.Frame(pdu.UnbindRespID, 0, 1, ""))
	esme.WantEnd()
}

func TestSMSCUnbinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, answers := range []bool{true, false} {
			w := serve(t, setup{inMemory: true, options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }})
			esme, smsc := w.bind(simulator.Bind{})
			unbind := testpeer.Frame(pdu.UnbindID, 0, 6, "")
			smsc.Send(unbind)
			esme.Want("unbind", unbind)
			if answers {
				esme.Send(testpeer.Frame(pdu.UnbindRespID, 0, 6, ""))
			}
			smsc.Want("unbind_resp", testpeer.Frame(pdu.UnbindRespID, 0, 6, ""))
			smsc.WantEnd()
			esme.WantEnd()
		}
	})
}

// When the SMSC stops, those under way are lost; the ESME may answer the unbind
// though the SMSC has left already.
func TestSMSCUnbindsAndLeaves(t *testing.T) {
	w := serve(t, setup{})
	esme, smsc := w.bind(simulator.Bind{})
	m, unbind := text(receiver, 2), testpeer.Frame(pdu.UnbindID, 0, 6, "")
	esme.Send(m)
	smsc.Want("submit_sm", m)
	smsc.Send(unbind)
	_ = smsc.Conn.Close()
	esme.Want("unbind", unbind)
	esme.Want("submit_sm_resp", refusal(m, smpp.StatusSysErr))
	esme.Send(testpeer.Frame(pdu.UnbindRespID, 0, 6, ""))
	esme.WantEnd() // it is not asked again
}

// Where one side has an unbind that it has not answered, the gateway sends no other one, although the
// other side leaves, or the gateway stops.
func TestUnbindOnce(t *testing.T) {
	unbind := testpeer.Frame(pdu.UnbindID, 0, 6, "")
	for _, tt := range []struct {
		name  string
		begin func(p piped) (asked *testpeer.Peer, seq uint32) // until one side has an unbind
		then  func(p piped)
	}{
		{"ESME unbinds and leaves", func(p piped) (*testpeer.Peer, uint32) {
			p.esme.Send(unbind)
			return p.smsc, p.smsc.Next("unbind").Seq()
		}, func(p piped) { _ = p.esme.Conn.Close() }},
		{"SMSC unbinds and leaves", func(p piped) (*testpeer.Peer, uint32) {
			p.smsc.Send(unbind)
			return p.esme, p.esme.Next("unbind").Seq()
		}, func(p piped) { _ = p.smsc.Conn.Close() }},
		{"SMSC unbinds, then the gateway stops", func(p piped) (*testpeer.Peer, uint32) {
			p.smsc.Send(unbind)
			return p.esme, p.esme.Next("unbind").Seq()
		}, func(p piped) { p.stop() }},
		{"gateway stops, then the SMSC unbinds", func(p piped) (*testpeer.Peer, uint32) {
			p.stop()
			return p.esme, p.esme.Next("unbind").Seq()
		}, func(p piped) { p.smsc.Send(unbind) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pipe(t, fakeLedger{}, nil)
				asked, seq := tt.begin(p)
				tt.then(p)
				if other := p.esme; asked == p.esme {
					p.smsc.ReadOn()
				} else {
					other.ReadOn()
				}
				time.Sleep(time.Second)
				asked.Send(testpeer.Frame(pdu.UnbindRespID, 0, seq, ""))
				asked.WantEnd()
				<-p.ended
			})
		})
	}
}

// The SMSC's unbind is answered at once when the gateway has unbound the ESME already.
func TestSMSCUnbindsWhileStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe(t, fakeLedger{}, nil)
		p.stop()
		p.esme.Next("unbind")
		p.smsc.Send(testpeer.Frame(pdu.UnbindID, 0, 6, ""))
		p.smsc.Want("unbind_resp", testpeer.Frame(pdu.UnbindRespID, 0, 6, ""))
		p.smsc.WantEnd()
	})
}

// When both sides unbind at the same time, or one side and the gateway, each unbind is answered, in whatever
// order the peers answer theirs.
func TestBothUnbind(t *testing.T) {
	const fromESME, fromSMSC = 5, 6
	unbind := func(seq uint32) smpp.Frame { return testpeer.Frame(pdu.UnbindID, 0, seq, "") }
	answer := func(seq uint32) smpp.Frame { return testpeer.Frame(pdu.UnbindRespID, 0, seq, "") }
	for _, tt := range []struct {
		name string
		run  func(p piped)
	}{
		{"ESME answers first", func(p piped) {
			p.esme.Send(unbind(fromESME))
			p.smsc.Want("unbind", unbind(fromESME))
			p.smsc.Send(unbind(fromSMSC))
			p.esme.Want("unbind", unbind(fromSMSC))
			p.esme.Send(answer(fromSMSC))
			p.esme.Want("unbind_resp", answer(fromESME))
			p.smsc.Want("unbind_resp", answer(fromSMSC))
		}},
		{"SMSC answers first", func(p piped) {
			p.smsc.Send(unbind(fromSMSC))
			p.esme.Want("unbind", unbind(fromSMSC))
			p.esme.Send(unbind(fromESME))
			p.smsc.Want("unbind", unbind(fromESME))
			p.smsc.Send(answer(fromESME))
			p.esme.Want("unbind_resp", answer(fromESME))
			p.smsc.Want("unbind_resp", answer(fromSMSC))
		}},
		{"the gateway stops", func(p piped) {
			p.stop()
			f := p.esme.Next("unbind")
			p.esme.Send(unbind(fromESME))
			p.smsc.Want("unbind", unbind(fromESME))
			p.esme.Send(answer(f.Seq()))
			p.esme.Want("unbind_resp", answer(fromESME))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pipe(t, fakeLedger{}, nil)
				tt.run(p)
				p.esme.WantEnd()
				p.smsc.ReadOn()
				<-p.ended
			})
		})
	}
}
