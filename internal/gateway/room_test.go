package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// TestNoRoomForTheESME shows that a deliver_sm which the ESME has no room for is
// refused for now, and that the SMSC's answers pass meanwhile.
func TestNoRoomForTheESME(t *testing.T) {
	w := serve(t, setup{options: func(o *Options) { o.ESMEWindow = 2 }})
	esme, smsc := w.bind(simulator.Bind{SystemID: "bank"})
	mo := smpp.Frame(golden.Bytes(t, "deliver_mo.txt", "in"))
	for seq := range uint32(3) {
		mo.SetSeq(seq + 1)
		smsc.Send(mo)
	}
	smsc.Want("answer to the third", refusal(mo, smpp.StatusTempApp))
	esme.Next("first deliver_sm")
	esme.Next("second deliver_sm")

	query := testpeer.Frame(pdu.QuerySMID, 0, 9, "4A7F01\x00\x00\x00\x00")
	esme.Send(query)
	smsc.Want("query_sm", query)
	answer := testpeer.Frame(pdu.QuerySMRespID, 0, 9, "4A7F01\x00\x00\x02\x00")
	smsc.Send(answer)
	esme.Want("query_sm_resp", answer)
}
