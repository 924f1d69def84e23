package gateway

import (
	"fmt"
	"testing"

	"readback/internal/testpeer"
)

// The lines about a message without a number have all that is needed to find it, and its message_id when the SMSC has
// answered.
func TestLogUnnumbered(t *testing.T) {
	inBothModes(t, setup{}, Account{}, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		submitted(esme, smsc, 20, "4A7F01")
		session := fmt.Sprintf("session=%d", w.Sessions()[0].ID)
		log.want(t, "msg=unnumbered ", "account=bank", session, "skip=not_requested", "command=submit_sm", "sequence=20", "sender=", "receiver=", receiver)
		log.want(t, "msg=\"unnumbered message answered\"", "account=bank", session, "sequence=20", "status=", "message_id=4A7F01")
	})
}
