package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/pool"
	"readback/internal/testpeer"
	"readback/smpp"
)

// TestOutbindToUs shows that who sends outbind is refused: counted, and disconnected.
func TestOutbindToUs(t *testing.T) {
	w := serve(t, setup{})
	smsc := w.connect()
	smsc.Send(testpeer.Frame(pdu.OutbindID, 0, 1, "SMSC\x00secret\x00"))
	smsc.WantEnd()
	if got := w.count("readback_binds_refused_total", "reason=outbind"); got != 1 {
		t.Errorf("outbinds refused: %v, want 1", got)
	}
}

// What the SMSC asks before the bind is refused and logged.
func TestOutbind(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, bank)
	smsc := w.accept()
	f := smsc.Next("bind")
	smsc.Send(testpeer.Frame(pdu.OutbindID, 0, 7, "SMSC\x00secret\x00"))
	smsc.Want("generic_nack", testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, 7, ""))
	w.log.want(t, "request of the SMSC refused", "command=outbind")
	smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0, f.Seq(), "SMSC\x00"))
	w.log.want(t, "bound to the SMSC")
}
