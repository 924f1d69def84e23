package gateway

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// begin sends a message that goes in three parts, and returns the parts.
func (x *exchange) begin() (seq uint32, parts []smpp.Frame) {
	x.t.Helper()
	f := long(x.next(), requested)
	x.esme.Send(f)
	for range 3 {
		parts = append(parts, x.smsc.Next("part"))
	}
	return f.Seq(), parts
}

// Receipts of parts wait for the answers to the other parts, whatever their addresses are and whichever
// message had their message_ids before.
func TestReceiptsBeforeTheLastPartIsAnswered(t *testing.T) {
	const sender = "10690001"
	withRealLedger(t, splitRequested, func(x *exchange, _ func()) {
		for _, a := range []struct{ name, from, to string }{
			{"exchanged", receiver, sender},
			{"not exchanged", sender, receiver},
			{"national", "07700900123", sender},
			{"another sender", receiver, "Bank"},
			{"none", "", ""},
		} {
			seq, parts := x.begin()
			for i, part := range parts[:2] {
				id := fmt.Sprint(i + 1)
				x.smsc.Send(accepted(part.Seq(), id), x.receiptFrom(a.from, a.to, id, "UNDELIV"))
			}
			x.esme.WantNothing()
			x.smsc.Send(accepted(parts[2].Seq(), "3"), x.receiptFrom(a.from, a.to, "3", "DELIVRD"))
			x.esme.Want(a.name+": submit_sm_resp", accepted(seq, "1"))
			got := x.esme.Next(a.name + ": receipt of the whole")
			if text := string(parsed(x.t, got).UserData()); !strings.HasPrefix(text, "id:1 ") || !strings.Contains(text, " stat:UNDELIV ") {
				x.t.Errorf("%s: got %q, want the receipt of the whole", a.name, text)
			}
			x.esme.Send(delivered(got.Seq()))
			for range parts {
				if f := x.smsc.Next("deliver_sm_resp"); f.Status() != smpp.StatusOK {
					x.t.Errorf("%s: got answer %x, want ESME_ROK", a.name, []byte(f))
				}
			}
		}
	})
}

// A part that was taken back has its message_id. The receipt that says so is about no other message.
func TestReceiptOfPartThatWasTakenBack(t *testing.T) {
	withRealLedger(t, splitRequested, func(x *exchange, restart func()) {
		receipt := func(id, stat string) smpp.Frame { return x.receiptFrom(receiver, "10690001", id, stat) }
		x.split("1", "2", "3")
		x.merges("part", receipt("2", "DELIVRD"))
		x.merges("part", receipt("3", "DELIVRD"))
		x.completes(receipt("1", "DELIVRD"), "1", "DELIVRD")
		seq, parts := x.begin()
		x.smsc.Send(accepted(parts[0].Seq(), "1"))
		for _, part := range parts[1:] {
			x.smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusSysErr, part.Seq(), ""))
		}
		cancel := x.smsc.Next("cancel_sm")
		x.smsc.Send(testpeer.Frame(pdu.CancelSMRespID, 0, cancel.Seq(), ""))
		x.esme.Want("refusal", testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusSysErr, seq, ""))
		restart()
		x.passes("receipt of the part", receipt("1", "DELETED"))
		x.merges("receipt that comes again", receipt("2", "DELIVRD"))
	})
}
