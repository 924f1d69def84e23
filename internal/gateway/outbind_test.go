package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
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
