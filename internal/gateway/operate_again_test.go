package gateway

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// A gateway that has started since knows from its ledger which messages have numbers, and which it split.
func TestOperateAfterStart(t *testing.T) {
	l := newStoredLedger(t)
	inBoth := func(run func(x *exchange, mode string)) {
		inBothModes(t, setup{ledger: l.fake()}, splitRequested, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
			mode := "M"
			if w.pool != nil {
				mode = "S"
			}
			esme, smsc := join()
			run(&exchange{t: t, esme: esme, smsc: smsc, seq: 1}, mode)
		})
	}
	inBoth(func(x *exchange, mode string) {
		x.split(mode+"1", mode+"2", mode+"3")
		x.whole("10690001", receiver, requested, mode+"A")
		x.whole("10690001", receiver, 1, mode+"B") // without a number
		x.whole("10690001", receiver, requested, mode+"C")
		x.whole("10690001", receiver, 1, mode+"C")
	})
	l.restart()
	inBoth(func(x *exchange, mode string) {
		for id, refused := range map[string]bool{"1": true, "2": true, "A": true, "B": false, "C": false} {
			f := replaceSM(mode+id, 1, 0, "Howdy", "")
			x.esme.Send(f)
			if refused {
				x.esme.Want("replace_sm_resp of "+id, refusal(f, smpp.StatusReplaceFailed))
				continue
			}
			x.smsc.Want("replace_sm of "+id, f)
			x.smsc.Send(testpeer.Frame(pdu.ReplaceSMRespID, 0, f.Seq(), ""))
			x.esme.Next("replace_sm_resp of " + id)
		}
		another := testpeer.Frame(pdu.ReplaceSMID, 0, 7, mode+"A\x00\x00\x0110690002\x00\x00\x00\x01\x00\x02Hi")
		x.esme.Send(another)
		x.smsc.Want("replace_sm of another sender's", another)
		x.smsc.Send(testpeer.Frame(pdu.ReplaceSMRespID, 0, 7, ""))
		x.esme.Next("replace_sm_resp")

		for id, parts := range map[string][]string{"1": {"1", "2", "3"}, "2": {"2"}, "A": {"A"}} {
			x.esme.Send(testpeer.Frame(pdu.QuerySMID, 0, 7, mode+id+"\x00\x00\x0110690001\x00"))
			for _, part := range parts {
				f := x.smsc.Next("query_sm")
				if want := testpeer.Frame(pdu.QuerySMID, 0, f.Seq(), mode+part+"\x00\x00\x0110690001\x00"); !bytes.Equal(f, want) {
					x.t.Fatalf("query_sm of %s: got % x, want % x", part, []byte(f), []byte(want))
				}
				x.smsc.Send(testpeer.Frame(pdu.QuerySMRespID, 0, f.Seq(), mode+part+"\x00\x00\x01\x00"))
			}
			x.esme.Want("query_sm_resp", testpeer.Frame(pdu.QuerySMRespID, 0, 7, mode+id+"\x00\x00\x01\x00"))
		}
	})
}

// A receiver of a submit_multi without a number takes the message_id from the message that had it before.
func TestReplaceOfLaterMulti(t *testing.T) {
	const down = "447700900124"
	l := remembering()
	l.assign = func(s *ledger.Sent) error {
		if s.Number = 7; string(s.Conversation.Receiver.Bytes()) == down {
			return errors.New("there is no ledger")
		}
		return nil
	}
	inBothModes(t, setup{ledger: l}, splitting, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		submitted(esme, smsc, 2, "A")
		esme.Send(toAll(3, receiver, down))
		for _, id := range []string{"B", "A"} {
			smsc.Send(accepted(smsc.Next("submit_sm").Seq(), id))
		}
		esme.Next("submit_multi_resp")
		withNumber, another := replaceSM("B", 1, 0, "\x04\x80\x02\x00\x07Howdy", ""), replaceSM("B", 1, 0, "Howdy", "")
		withNumber.SetSeq(8)
		another.SetSeq(8)
		esme.Send(replaceSM("A", 1, 0, "Howdy", ""))
		esme.Send(another)
		smsc.Want("replace_sm of the one without a number", replaceSM("A", 1, 0, "Howdy", ""))
		smsc.Want("replace_sm of the other", withNumber)
	})
}
