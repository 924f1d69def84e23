package gateway

import (
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/relay/relaytest"
)

// The ledger learns how long the SMSC may take to deliver a message, and the SMSC gets what the ESME said.
func TestValidityReachesTheLedger(t *testing.T) {
	told := make(chan ledger.Sent, 1)
	w := serve(t, setup{policy: numbering.Policy{When: numbering.All}, ledger: fakeLedger{assign: func(s *ledger.Sent) error {
		s.Number = 17
		told <- *s
		return nil
	}}})
	esme, smsc := w.bind(simulator.Bind{})
	const head, tail = "\x00\x01\x01" + "10690001\x00\x01\x01447700900123\x00", "\x00\x00" + "000000240000000R\x00" + "000020000000000R\x00" + "\x00\x00\x00\x00"
	esme.Send(testpeer.Frame(pdu.SubmitSMID, 0, 2, head+"\x00"+tail+"\x02Hi"))
	smsc.Want("submit_sm", testpeer.Frame(pdu.SubmitSMID, 0, 2, head+"\x40"+tail+"\x07\x04\x80\x02\x00\x11Hi"))
	s := relaytest.Receive(t, told)
	if got := s.Until.Sub(s.At); got != 21*24*time.Hour {
		t.Errorf("got %s, want the validity behind the scheduled time", got)
	}
}
