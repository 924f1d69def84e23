package gateway

import (
	"context"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/numbering"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
)

// sentFrom are the requests of an ESME that name a sender.
func sentFrom(sender string, seq uint32) []smpp.Frame {
	source := "\x00\x01" + sender + "\x00"
	to := "\x01\x01" + receiver + "\x00"
	return []smpp.Frame{
		simulator.ShortMessage{From: simulator.Number(sender), To: simulator.Number(receiver), UserData: []byte("Hello")}.Append(nil, pdu.SubmitSMID, seq),
		testpeer.Frame(pdu.DataSMID, 0, seq+1, "\x00"+source+to+"\x00\x00\x00"+string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte("Hello")))),
		testpeer.Frame(pdu.SubmitMultiID, 0, seq+2, "\x00"+source+"\x01\x01"+to+"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05Hello"),
		testpeer.Frame(pdu.ReplaceSMID, 0, seq+3, "4A\x00"+source+"\x00\x00\x00\x00\x05Hello"),
	}
}

// An account that has senders sends from no other address, in either mode. Nobody gives the messages that
// are refused a number.
func TestSenders(t *testing.T) {
	own := Account{
		Policy:  numbering.Policy{When: numbering.All, SplitMulti: true},
		Senders: []account.AddressRange{{Low: "10690001", High: "10690001"}, {Low: "bank", High: "bank"}},
	}
	l := fakeLedger{routed: func(message.Conversation, []byte) (string, bool) { return "bank", true }}
	inBothModes(t, setup{ledger: l}, own, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for _, f := range sentFrom("10690002", 10) {
			esme.Send(f)
			esme.Want(smpp.Command(f.ID()), refusal(f, smpp.StatusInvSrcAddr))
		}
		smsc.WantNothing()
		log.want(t, "refused", "source_addr", "account=bank")
		if got := w.count("readback_requests_refused_total", "reason=sender"); got != 4 {
			t.Errorf("counted %v, want 4", got)
		}
		if got := w.count("readback_submits_total", "skip=numbered"); got != 0 {
			t.Errorf("%v messages got a number, want none", got)
		}
		for _, sender := range []string{"10690001", "BANK"} {
			for _, f := range sentFrom(sender, 20) {
				esme.Send(f)
				smsc.Next(smpp.Command(f.ID()) + " from " + sender)
			}
		}
	})
}

// A message without a sender gets that which the SMSC has for the ESME: in shared mode for the gateway.
func TestNoSender(t *testing.T) {
	own := Account{Senders: []account.AddressRange{{Low: "10690001", High: "10690001"}}}
	f := sentFrom("", 2)[0]
	t.Run("mirror", func(t *testing.T) {
		w := serve(t, setup{options: func(o *Options) { o.Policies.Accounts = map[string]Account{"bank": own} }})
		esme, smsc := w.bind(simulator.Bind{})
		esme.Send(f)
		smsc.Want("submit_sm", f)
	})
	t.Run("shared", func(t *testing.T) {
		w := share(t, setup{}, pool.Config{}, map[string]Account{"bank": own})
		smsc := w.answerBind()
		esme := w.login(simulator.Bind{})
		esme.Send(f)
		esme.Want("submit_sm_resp", refusal(f, smpp.StatusInvSrcAddr))
		smsc.WantNothing()
	})
}

// Other senders hold from the next message on.
func TestSendersChange(t *testing.T) {
	w := serve(t, setup{})
	esme, smsc := w.bind(simulator.Bind{})
	f := sentFrom("10690002", 2)[0]
	esme.Send(f)
	smsc.Want("submit_sm", f)
	w.Use(Policies{Accounts: map[string]Account{"bank": {Senders: []account.AddressRange{{Low: "10690001", High: "10690001"}}}}})
	f.SetSeq(3)
	esme.Send(f)
	esme.Want("submit_sm_resp", refusal(f, smpp.StatusInvSrcAddr))
}

// An account that is listed no more stays bound. In shared mode it may then send nothing. In mirror mode, where
// accounts need not be listed, what holds for all accounts holds for it.
func TestRemovedAccount(t *testing.T) {
	own := Account{Senders: []account.AddressRange{{Low: "10690002", High: "10690002"}}}
	l := fakeLedger{routed: func(message.Conversation, []byte) (string, bool) { return "bank", true }}
	s := setup{ledger: l}
	inBothModes(t, s, own, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		w.Use(Policies{Default: Account{}})
		query := testpeer.Frame(pdu.QuerySMID, 0, 30, "4A\x00\x00\x00\x00")
		for _, f := range append(append(sentFrom("10690001", 10), sentFrom("10690002", 20)...), query) {
			esme.Send(f)
			if w.pool == nil {
				smsc.Next(smpp.Command(f.ID()))
				continue
			}
			esme.Want(smpp.Command(f.ID()), refusal(f, smpp.StatusInvSrcAddr))
		}
		if w.pool == nil {
			return
		}
		smsc.WantNothing()
		log.want(t, "refused", "the account is not listed any more", "account=bank")
		if got := w.count("readback_requests_refused_total", "reason=account"); got != 9 {
			t.Errorf("counted %v, want 9", got)
		}
		w.Use(Policies{Accounts: map[string]Account{"bank": own}}) // it is listed again
		f := sentFrom("10690002", 40)[0]
		esme.Send(f)
		smsc.Next("submit_sm")
	})
}

// The read response of a receiver for whom the account may speak is none of its messages.
func TestSendersAndAcks(t *testing.T) {
	s := ackSetup(func(context.Context, reads.Read) message.Verdict {
		return message.Verdict{Kind: message.VerdictAccepted}
	})
	change := s.options
	s.options = func(o *Options) {
		change(o)
		a := o.Policies.Accounts["bank"]
		a.Senders = []account.AddressRange{{Low: "10690001", High: "10690001"}}
		o.Policies.Accounts["bank"] = a
	}
	w := serve(t, s)
	esme, _ := w.bind(simulator.Bind{})
	f := ack(smpp.ESMClassUDHI|smpp.ESMClassDeliveryAck, receiver, "\x05\x81\x03\x00\x01\x01")
	f.SetSeq(2)
	esme.Send(f)
	if resp := esme.Next("submit_sm_resp"); resp.Status() != smpp.StatusOK {
		t.Errorf("got % x, want ESME_ROK", []byte(resp))
	}
}
