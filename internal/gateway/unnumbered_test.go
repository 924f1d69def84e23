package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// A message without a source_addr, and one that is malformed, owns its message_id like any other.
func TestIDIsUsedAgainByOddMessages(t *testing.T) {
	const sender = "10690001"
	withRealLedger(t, splitRequested, func(x *exchange, restart func()) {
		receipt := func(to, id string) smpp.Frame { return x.receiptFrom(receiver, to, id, "UNDELIV") }
		pass := func(id string, m simulator.ShortMessage, rest string) {
			x.t.Helper()
			f := append(m.Append(nil, pdu.SubmitSMID, x.next()), rest...)
			f[3] = byte(len(f)) // command_length
			x.esme.Send(f)
			x.smsc.Send(accepted(x.smsc.Next("submit_sm").Seq(), id))
			x.esme.Want("submit_sm_resp", accepted(smpp.Frame(f).Seq(), id))
		}
		m := simulator.ShortMessage{To: simulator.Number(receiver), RegisteredDelivery: requested, UserData: []byte("Hello")}
		x.split("1", "2", "3")
		pass("1", m, "")
		restart()
		x.passes("no source_addr", receipt("", "1"))
		x.passes("no source_addr, replaced", receipt("SMSC", "1"))
		m.From = simulator.Number(sender)
		pass("2", m, "\x04\x24\x00\x01x") // message_payload beside short_message
		restart()
		x.passes("malformed", receipt(sender, "2"))
		x.merges("part", receipt(sender, "3"))
	})
}
