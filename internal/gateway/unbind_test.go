package gateway

import (
	"testing"
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
			w := serve(t, setup{options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }})
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
				smsc.Unbind() // it is asked once more
			}
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
	for _, answers := range []bool{true, false} {
		w := serve(t, setup{options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }})
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
	// The gateway asks again, unless it has heard the answer before it sees that the SMSC has left.
	f, err := esme.In.Next()
	if err == nil && f.ID() == pdu.UnbindID && f.Seq() >= smpp.OwnSeq {
		esme.Send(testpeer.Frame(pdu.UnbindRespID, 0, f.Seq(), ""))
		f, err = esme.In.Next()
	}
	if !smpp.Gone(err) {
		t.Errorf("got % x, %v, want the end of the connection", []byte(f), err)
	}
}
