package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// The account that met the SMSC's refusal gets it as it came; the bind slows down
// for all, and comes back.
func TestThrottling(t *testing.T) {
	w := share(t, setup{options: func(o *Options) { o.Window = 4 }}, pool.Config{}, map[string]Account{"bank": {}, "shop": {}})
	smsc := w.answerBind()
	esme, shop := w.login(simulator.Bind{}), w.login(simulator.Bind{SystemID: "shop"})
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	answer := testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusThrottled, 2, "")
	smsc.Send(answer)
	esme.Want("answer", answer)
	for seq := range uint32(10) {
		shop.Send(text(receiver, 10+seq))
	}
	var under []uint32
	for _, more := range []int{2, 1, 1, 2} { // halved, and wider with the third answer
		for range more {
			under = append(under, smsc.Next("submit_sm").Seq())
		}
		smsc.WantNothing()
		smsc.Send(accepted(under[0], "A"))
		shop.Want("answer", accepted(under[0], "A"))
		under = under[1:]
	}
	esme.WantNothing()
}
