package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/permit"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// notListed are requests about a message that may be another account's, and requests of which the gateway
// does not know what they do.
func notListed() []smpp.Frame {
	var all []smpp.Frame
	for i, id := range []pdu.ID{
		0x111, 0x112, 0x113, // broadcast_sm, and queries and cancels for it (SMPP 5.0)
		0x22, 0x23, 0x24, // param_retrieve, query_last_msgs, query_msg_details (SMPP 3.3)
		0x177, 0x00010200, 0x000102FF, 0x7FFFFFFF, 0,
	} {
		all = append(all, testpeer.Frame(id, 0, uint32(10+i), "4A7F01\x00\x00\x00\x00"))
	}
	return all
}

// In shared mode, where the SMSC knows the gateway only, an ESME gets ESME_RINVCMDID for a command that is
// not listed.
func TestSharedCommands(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, map[string]Account{"bank": {Limits: account.Limits{Window: 1}}})
	smsc := w.answerBind()
	esme := w.login(simulator.Bind{})
	for _, f := range notListed() {
		esme.Send(f)
		esme.Want(smpp.Command(f.ID()), testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, f.Seq(), ""))
	}
	smsc.WantNothing()
	if got, want := w.count("readback_requests_refused_total", "reason=command"), float64(len(notListed())); got != want {
		t.Errorf("counted %v, want %v", got, want)
	}
	w.log.want(t, "refused", "smsc.pass", "account=bank")
	esme.Send(text(receiver, 30)) // the ESME goes on, and no refused request counts as unanswered
	smsc.Next("submit_sm")
}

// The operator may let further commands pass.
func TestSharedCommandsPass(t *testing.T) {
	options := func(o *Options) { o.Pass = []permit.Command{0x112, 0x00010200} }
	w := share(t, setup{options: options}, pool.Config{}, bank)
	smsc := w.answerBind()
	esme := w.login(simulator.Bind{})
	for _, id := range []pdu.ID{0x112, 0x00010200} {
		f := testpeer.Frame(id, 0, uint32(id), "4A7F01\x00\x00\x00\x00")
		esme.Send(f)
		got := smsc.Next("the request")
		if got.ID() != id || string(got.Body()) != string(f.Body()) {
			t.Errorf("the SMSC got % x, want % x", []byte(got), []byte(f))
		}
		answer := testpeer.Frame(smpp.ResponseID(id), 0, got.Seq(), "answer")
		smsc.Send(answer)
		answer.SetSeq(f.Seq())
		esme.Want("the answer", answer)
	}
	other := testpeer.Frame(0x113, 0, 9, "")
	esme.Send(other)
	esme.Want("refusal", testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, 9, ""))
}

// A query, cancel or replacement without a message_id is about no message of the account.
func TestSharedOperationWithoutID(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, bank)
	smsc := w.answerBind()
	esme := w.login(simulator.Bind{})
	from := "\x00\x0110690001\x00"
	for id, body := range map[pdu.ID]string{
		pdu.QuerySMID: "\x00" + from, pdu.CancelSMID: "\x00\x00" + from + "\x01\x01" + receiver + "\x00",
		pdu.ReplaceSMID: "\x00" + from + "\x00\x00\x00\x00\x05Hello",
	} {
		f := testpeer.Frame(id, 0, uint32(id), body)
		esme.Send(f)
		esme.Want(smpp.Command(id), refusal(f, operations[id].refused))
	}
	smsc.WantNothing()
}

// A response with another command that does not answer a message does not reach the SMSC. The message is
// answered as always.
func TestSharedResponses(t *testing.T) {
	own := Account{Addresses: []account.AddressRange{{Low: "10690001", High: "10690001"}}}
	w := share(t, setup{}, pool.Config{}, map[string]Account{"bank": own})
	smsc := w.answerBind()
	esme := w.login(simulator.Bind{})
	mo := fromSubscriber(7, 0, 0, "Hello")
	smsc.Send(mo)
	seq := esme.Next("deliver_sm").Seq()
	for _, id := range []pdu.ID{
		pdu.UnbindRespID, pdu.BindTransceiverRespID, pdu.EnquireLinkRespID, pdu.SubmitSMRespID, 0x80000112, 0x80000023, 0x80010200,
	} {
		esme.Send(testpeer.Frame(id, 0, seq, "\x00"))
	}
	esme.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, seq, "\x00"))
	smsc.Want("deliver_sm_resp", testpeer.Frame(pdu.DeliverSMRespID, 0, 7, "\x00"))
}
