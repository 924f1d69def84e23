package gateway

import (
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// Where the ESME unbinds it gets its answer, whatever the SMSC does.
func TestESMEUnbinds(t *testing.T) {
	const answered, hangsUp, silent = "answered", "SMSC hangs up", "SMSC stays silent"
	for _, name := range []string{answered, hangsUp, silent} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, setup{options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }})
			esme, smsc := w.bind(simulator.Bind{})
			unbind := frame(pdu.UnbindID, 0, 5, "")
			esme.send(unbind)
			smsc.want("unbind", unbind)
			switch name {
			case answered:
				smsc.send(frame(pdu.UnbindRespID, 0, 5, ""))
			case hangsUp:
				_ = smsc.conn.Close()
			}
			esme.want("unbind_resp", frame(pdu.UnbindRespID, 0, 5, ""))
			esme.wantEnd()
			switch name {
			case answered:
				smsc.wantEnd()
			case silent:
				smsc.unbind() // it is asked once more
			}
		})
	}
}

// Before any bind there is nobody to pass an unbind to.
func TestESMEUnbindsUnbound(t *testing.T) {
	esme := serve(t, setup{}).connect()
	esme.send(frame(pdu.UnbindID, 0, 1, ""))
	esme.want("unbind_resp", frame(pdu.UnbindRespID, 0, 1, ""))
	esme.wantEnd()
}

func TestSMSCUnbinds(t *testing.T) {
	for _, answers := range []bool{true, false} {
		w := serve(t, setup{options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }})
		esme, smsc := w.bind(simulator.Bind{})
		unbind := frame(pdu.UnbindID, 0, 6, "")
		smsc.send(unbind)
		esme.want("unbind", unbind)
		if answers {
			esme.send(frame(pdu.UnbindRespID, 0, 6, ""))
		}
		smsc.want("unbind_resp", frame(pdu.UnbindRespID, 0, 6, ""))
		smsc.wantEnd()
		esme.wantEnd()
	}
}

// When the SMSC stops, those under way are lost; the ESME may answer the unbind
// though the SMSC has left already.
func TestSMSCUnbindsAndLeaves(t *testing.T) {
	w := serve(t, setup{})
	esme, smsc := w.bind(simulator.Bind{})
	m, unbind := text(receiver, 2), frame(pdu.UnbindID, 0, 6, "")
	esme.send(m)
	smsc.want("submit_sm", m)
	smsc.send(unbind)
	_ = smsc.conn.Close()
	esme.want("unbind", unbind)
	esme.want("submit_sm_resp", refusal(m, smpp.StatusSysErr))
	esme.send(frame(pdu.UnbindRespID, 0, 6, ""))
	// The gateway asks again, unless it has heard the answer before it sees that the SMSC has left.
	f, err := esme.in.Next()
	if err == nil && f.ID() == pdu.UnbindID && f.Seq() >= smpp.OwnSeq {
		esme.send(frame(pdu.UnbindRespID, 0, f.Seq(), ""))
		f, err = esme.in.Next()
	}
	if !smpp.Gone(err) {
		t.Errorf("got % x, %v, want the end of the connection", []byte(f), err)
	}
}
