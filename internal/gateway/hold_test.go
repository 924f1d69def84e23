package gateway

import (
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// record is an accepted message on its way into the log.
type record struct {
	id     string
	waiter ledger.Waiter
	token  uint64
}

func (r record) logged() { r.waiter.Logged(r.token) }

// slowLedger returns a ledger whose log the test writes.
func slowLedger() (fakeLedger, <-chan record) {
	records := make(chan record, 10)
	return fakeLedger{accept: func(_ *ledger.Sent, id []byte, w ledger.Waiter, token uint64) {
		records <- record{string(id), w, token}
	}}, records
}

var deliveredReceipt = simulator.ShortMessage{
	From: simulator.Number(receiver), To: simulator.Number("10690001"), ESMClass: smpp.ESMClassReceipt,
	UserData: []byte("id:4A7F01 sub:001 dlvrd:001 submit date:2611230829 done date:2611230829 stat:DELIVRD err:000 text:"),
}.Append(nil, pdu.DeliverSMID, 90)

// The answer to a numbered message waits for the log, and its receipt behind it.
func TestAnswerWaitsForLog(t *testing.T) {
	ledger, records := slowLedger()
	w := serve(t, setup{ledger: ledger, policy: numbering.Policy{When: numbering.All}})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	smsc.Send(accepted(2, "4A7F01"), deliveredReceipt)
	r := testpeer.Receive(t, "record", records)
	if r.id != "4A7F01" {
		t.Errorf("message_id: got %q, want 4A7F01", r.id)
	}
	esme.WantNothing()
	r.logged()
	esme.Want("submit_sm_resp", accepted(2, "4A7F01"))
	esme.Want("receipt", deliveredReceipt)
}

// The order of the wire stays, whichever record is in the log first.
func TestLogOutOfOrder(t *testing.T) {
	ledger, records := slowLedger()
	w := serve(t, setup{ledger: ledger, policy: numbering.Policy{When: numbering.All}})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(text(receiver, 2), text(receiver, 3), text(receiver, 4), text(receiver, 5))
	for range 4 {
		smsc.Next("submit_sm")
	}
	refused := testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusThrottled, 4, "")
	smsc.Send(accepted(5, "D"), accepted(2, "A"), refused, accepted(3, "B"))
	d, a, b := testpeer.Receive(t, "record", records), testpeer.Receive(t, "record", records), testpeer.Receive(t, "record", records)
	b.logged()
	a.logged()
	esme.WantNothing()
	d.logged()
	esme.Want("first answer", accepted(5, "D"))
	esme.Want("second answer", accepted(2, "A"))
	esme.Want("third answer", refused)
	esme.Want("fourth answer", accepted(3, "B"))
}

// A refusal has nothing to wait for; nor has the answer to what has no number.
func TestAnswerWithoutRecord(t *testing.T) {
	refused := make(chan uint16, 10)
	w := serve(t, setup{ledger: refusing(refused), policy: numbering.Policy{When: numbering.All}})
	esme, smsc := w.bind(simulator.Bind{})
	for seq, answer := range []smpp.Frame{
		testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusThrottled, 0, ""),
		testpeer.Frame(pdu.SubmitSMRespID, 0x0412, 0, "\x00"),
		testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdLen, 0, ""),
	} {
		esme.Send(text(receiver, uint32(seq)))
		smsc.Next("submit_sm")
		answer.SetSeq(uint32(seq))
		smsc.Send(answer)
		if got := testpeer.Receive(t, "refusal", refused); int(got) != seq+1 {
			t.Errorf("refused number %d, want %d", got, seq+1)
		}
		esme.Want("answer", answer)
	}
}

// The ESME's unbind goes on when its messages are answered; the answer to it waits for their records.
func TestAnswerBehindUnbind(t *testing.T) {
	ledger, records := slowLedger()
	w := serve(t, setup{ledger: ledger, policy: numbering.Policy{When: numbering.All}})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(text(receiver, 2), text(receiver, 3), testpeer.Frame(pdu.UnbindID, 0, 4, ""))
	_, _ = smsc.Next("submit_sm"), smsc.Next("submit_sm")
	smsc.WantNothing()
	smsc.Send(accepted(2, "A"), accepted(3, "B"))
	smsc.Want("unbind", testpeer.Frame(pdu.UnbindID, 0, 4, ""))
	smsc.Send(testpeer.Frame(pdu.UnbindRespID, 0, 4, ""))
	a, b := testpeer.Receive(t, "record", records), testpeer.Receive(t, "record", records)
	b.logged()
	esme.WantNothing()
	a.logged()
	esme.Want("submit_sm_resp", accepted(2, "A"))
	esme.Want("submit_sm_resp", accepted(3, "B"))
	esme.Want("unbind_resp", testpeer.Frame(pdu.UnbindRespID, 0, 4, ""))
	esme.WantEnd()
}

// What cannot be numbered passes as it came, or is refused, as the policy says.
func TestUnnumbered(t *testing.T) {
	away := fakeLedger{assign: func(*ledger.Sent) error { return errors.New("away") }}
	full := golden.Bytes(t, "submit_gsm7_full.txt", "in")
	tests := []struct {
		name   string
		ledger fakeLedger
		policy numbering.Policy
		in     smpp.Frame
		want   pdu.Status // of the refusal, or ESME_ROK
	}{
		{"ledger away, pass", away, numbering.Policy{When: numbering.All}, text(receiver, 2), smpp.StatusOK},
		{"ledger away, reject", away, numbering.Policy{When: numbering.All, RejectOnFailure: true}, text(receiver, 2), smpp.StatusSysErr},
		{"ledger away, not tracked", away, numbering.Policy{When: numbering.Requested, RejectOnFailure: true}, text(receiver, 2), smpp.StatusOK},
		{"no room, pass", fakeLedger{}, numbering.Policy{When: numbering.All, RejectOnFailure: true}, full, smpp.StatusOK},
		{"no room, reject", fakeLedger{}, numbering.Policy{When: numbering.All, Overflow: numbering.RejectNoRoom}, full, smpp.StatusInvMsgLen},
		{"room, reject", fakeLedger{}, numbering.Policy{When: numbering.Requested, Overflow: numbering.RejectNoRoom}, full, smpp.StatusOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, setup{ledger: tt.ledger, policy: tt.policy})
			esme, smsc := w.bind(simulator.Bind{})
			esme.Send(tt.in)
			if tt.want != smpp.StatusOK {
				esme.Want("submit_sm_resp", refusal(tt.in, tt.want))
			} else {
				smsc.Want("submit_sm", tt.in)
			}
			next := testpeer.Frame(pdu.QuerySMID, 0, 99, "4A7F01\x00\x00\x00\x00")
			esme.Send(next)
			smsc.Want("what follows", next)
		})
	}
}
