package gateway

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// Parts count for the rate.
func TestSplitMessageRate(t *testing.T) {
	acct := splitNoRoom
	acct.Limits = account.Limits{Rate: 0.001, Burst: 4, Reject: true}
	ledger := splittingLedger()
	inBothModes(t, setup{ledger: ledger.fakeLedger}, acct, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(long(2, 0), long(3, 0))
		for n, seq := range partsNumbered(t, smsc, 0) {
			smsc.Send(accepted(seq, "id"+string(rune('1'+n))))
		}
		esme.Want("three of four", refusal(long(3, 0), smpp.StatusThrottled))
		testpeer.Receive(t, "refusal", ledger.refused)
		testpeer.Receive(t, "split message", ledger.splits).logged()
		esme.Want("submit_sm_resp", accepted(2, "id1"))
	})
}

// A message in more parts than may be sent at once counts as those: it would never go else.
func TestSplitMessageOverBurst(t *testing.T) {
	for burst := range 3 {
		acct := splitNoRoom
		acct.Limits = account.Limits{Rate: 0.001, Burst: burst, Reject: true} // 0 is one
		ledger := splittingLedger()
		inBothModes(t, setup{ledger: ledger.fakeLedger}, acct, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
			esme, smsc := join()
			esme.Send(long(2, 0))
			for n, seq := range partsNumbered(t, smsc, 0) {
				smsc.Send(accepted(seq, "id"+string(rune('1'+n))))
			}
			testpeer.Receive(t, "split message", ledger.splits).logged()
			esme.Want("submit_sm_resp", accepted(2, "id1"))
		})
	}
}

// A receiver of a submit_multi may need several parts, too.
func TestSplitMessageOfMulti(t *testing.T) {
	account := splitNoRoom
	account.SplitMulti = true
	text := strings.Repeat("0123456789", 30)
	tail := "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	body := multiFrom + "\x02" + "\x01\x01\x01" + three[0] + "\x00" + "\x01\x01\x01" + three[1] + "\x00" + tail +
		string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(text)))
	ledger := splittingLedger()
	inBothModes(t, setup{ledger: ledger.fakeLedger}, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(testpeer.Frame(pdu.SubmitMultiID, 0, 2, body))
		for n := range 6 {
			f := smsc.Next("part")
			status, id := pdu.Status(0), "id"+string(rune('1'+n))+"\x00"
			if n == 4 {
				status, id = smpp.StatusSubmitFailed, ""
			}
			smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, status, f.Seq(), id))
		}
		testpeer.Receive(t, "first message", ledger.splits).logged()
		esme.Want("submit_multi_resp", multiResp(0, "id1", failed(three[1], smpp.StatusSubmitFailed)))
		testpeer.Receive(t, "refusal of the second", ledger.refused)
		for range 2 {
			f := smsc.Next("cancel_sm")
			smsc.Send(testpeer.Frame(pdu.CancelSMRespID, 0, f.Seq(), ""))
		}
	})
}

// While the gateway stops, a message in parts is answered.
func TestSplitMessageDraining(t *testing.T) {
	ledger := splittingLedger()
	w := serve(t, setup{ledger: ledger.fakeLedger, policy: splitNoRoom.Policy})
	esme, smsc := w.bind(simulator.Bind{})
	idle, idleSMSC := w.bind(simulator.Bind{})
	esme.Send(long(2, 1))
	seqs := partsNumbered(t, smsc, 1)
	w.stop()
	idle.Unbind()
	idleSMSC.Unbind()
	for n, seq := range seqs {
		smsc.Send(accepted(seq, "id"+string(rune('1'+n))))
	}
	testpeer.Receive(t, "split message", ledger.splits).logged()
	esme.Want("submit_sm_resp", accepted(2, "id1"))
	esme.Unbind()
	smsc.Unbind()
}

// A data_sm is cut likewise, and answered with a data_sm_resp.
func TestSplitDataSM(t *testing.T) {
	ledger := splittingLedger()
	w := serve(t, setup{ledger: ledger.fakeLedger, policy: splitNoRoom.Policy})
	esme, smsc := w.bind(simulator.Bind{})
	payload := smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(strings.Repeat("a", 200)))
	f := testpeer.Frame(pdu.DataSMID, 0, 2, "\x00\x01\x0110690001\x00\x01\x01"+receiver+"\x00\x00\x00\x00"+string(payload))
	for _, status := range []pdu.Status{0, smpp.StatusQueueFull} {
		esme.Send(f)
		for n := range 2 {
			p := smsc.Next("part")
			if m, err := smpp.ParseMessage(p); err != nil || p.ID() != pdu.DataSMID || binary.BigEndian.Uint16(m.UserData()[4:]) != uint16(0x0200+n+1) {
				t.Fatalf("part %d: got % x, %v", n+1, []byte(p), err)
			}
			smsc.Send(testpeer.Frame(pdu.DataSMRespID, status, p.Seq(), "id"+string(rune('1'+n))+"\x00"))
		}
		if status != 0 {
			esme.Want("data_sm_resp", refusal(f, status))
			continue
		}
		testpeer.Receive(t, "split message", ledger.splits).logged()
		esme.Want("data_sm_resp", testpeer.Frame(pdu.DataSMRespID, 0, 2, "id1\x00"))
	}
}
