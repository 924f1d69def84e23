package gateway

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// The bind reaches the SMSC and its answer the ESME octet for octet.
func TestBindPasses(t *testing.T) {
	credentials := "bank\x00secret\x00OTP\x00\x34\x01\x01^1069\x00"
	tests := []struct {
		name         string
		id           pdu.ID
		bind, answer string
		status       pdu.Status
	}{
		{"transmitter", pdu.BindTransmitterID, credentials, "SMSC\x00\x02\x10\x00\x01\x34", 0},
		{"receiver", pdu.BindReceiverID, credentials, "SMSC\x00\x02\x10\x00\x01\x34", 0},
		{"transceiver", pdu.BindTransceiverID, credentials, "SMSC\x00\x02\x10\x00\x01\x34", 0},
		{"old SMSC, no TLV", pdu.BindTransceiverID, credentials, "SMSC\x00", 0},
		{"no system_id", pdu.BindTransceiverID, credentials, "\x00", 0},
		{"answer without body", pdu.BindTransceiverID, credentials, "", 0},
		{"TLVs of its own", pdu.BindTransceiverID, credentials + "\x14\x00\x00\x02ab\x14\x00\x00\x02cd", "SMSC\x00", 0},
		{"broken TLV", pdu.BindTransceiverID, credentials + "\x14\x00\x00\xFFab", "SMSC\x00", 0},
		{"stray octet", pdu.BindTransceiverID, credentials + "\x00", "SMSC\x00", 0},
		{"long password", pdu.BindTransceiverID, "bank\x00" + strings.Repeat("x", 200) + "\x00\x00\x34\x00\x00\x00", "SMSC\x00", 0},
		{"refused", pdu.BindTransceiverID, credentials, "", 0x0E},
		{"refused with a body and a status of its own", pdu.BindTransceiverID, credentials, "SMSC\x00", 0x0412},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, setup{})
			esme := w.connect()
			request := testpeer.Frame(tt.id, 0, 77, tt.bind)
			esme.Send(request)
			smsc := w.accept()
			smsc.Want("bind", request)
			answer := testpeer.Frame(smpp.ResponseID(tt.id), tt.status, 77, tt.answer)
			smsc.Send(answer)
			esme.Want("bind_resp", answer)
		})
	}
}

// A refused ESME may bind again on the same connection.
func TestBindAgain(t *testing.T) {
	c, addr := startSMSC(t, simulator.Options{Accounts: map[string]string{"bank": "secret"}})
	w := serve(t, setup{smsc: addr})
	w.smscNews.note(errors.New("refused")) // as after a connection that it did not take
	esme := w.connect()
	for seq, tt := range []struct {
		password string
		want     pdu.Status
	}{{"wrong", 0x0E}, {"secret", smpp.StatusOK}, {"secret", smpp.StatusAlreadyBound}} {
		esme.Send(simulator.Bind{SystemID: "bank", Password: tt.password}.Append(nil, uint32(seq)))
		if f := esme.Next("bind_resp"); f.Status() != tt.want || f.ID() != pdu.BindTransceiverRespID || f.Seq() != uint32(seq) {
			t.Errorf("password %q: got % x, want status %#x", tt.password, []byte(f), uint32(tt.want))
		}
	}
	if err := c.WaitBound(testpeer.Within(t), "bank", 1); err != nil {
		t.Error(err)
	}
	if up, refused := w.count("readback_smsc_up", ""), w.count("readback_binds_refused_total", "reason=smsc"); up != 1 || refused != 1 {
		t.Errorf("readback_smsc_up is %v, and %v binds were refused by the SMSC; want 1 and 1", up, refused)
	}
}

// What an ESME sends behind its bind waits for the answer: another bind is one too
// many then, a message is welcome.
func TestBindEagerly(t *testing.T) {
	w := serve(t, setup{})
	esme := w.connect()
	first, second := simulator.Bind{SystemID: "bank"}.Append(nil, 1), simulator.Bind{SystemID: "shop"}.Append(nil, 2)
	m := text(receiver, 3)
	esme.Send(first, second, m)
	smsc := w.accept()
	smsc.Want("first bind", first)
	answer := testpeer.Frame(pdu.BindTransceiverRespID, 0, 1, "SMSC\x00")
	smsc.Send(answer)
	esme.Want("first bind_resp", answer)
	esme.Want("second bind_resp", refusal(second, smpp.StatusAlreadyBound))
	smsc.Want("submit_sm", m)
}

// A bind_resp with a number of the SMSC's own binds all the same, and passes as it came.
func TestBindAnsweredUnderAnotherNumber(t *testing.T) {
	w := serve(t, setup{})
	esme := w.connect()
	bind := simulator.Bind{SystemID: "bank"}.Append(nil, 7)
	esme.Send(bind)
	smsc := w.accept()
	smsc.Want("bind", bind)
	answer := testpeer.Frame(pdu.BindTransceiverRespID, 0, 4711, "SMSC\x00")
	smsc.Send(answer)
	esme.Want("bind_resp", answer)
	m := text(receiver, 8)
	esme.Send(m)
	smsc.Want("submit_sm", m)
}

// Of a bind that ends early the gateway must know the account only; the SMSC decides.
func TestBindTruncated(t *testing.T) {
	w := serve(t, setup{})
	esme := w.connect()
	whole := simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 0)
	cut := func(n int) smpp.Frame {
		return testpeer.Frame(pdu.BindTransmitterID, 0, uint32(n), string(whole.Body()[:n]))
	}
	for n := range len("bank\x00") {
		esme.Send(cut(n))
		esme.Want("bind_resp", refusal(cut(n), smpp.StatusInvCmdLen))
	}
	var smsc *testpeer.Peer
	for n := len("bank\x00"); n < len(whole)-smpp.HeaderLen; n++ {
		esme.Send(cut(n))
		if smsc == nil {
			smsc = w.accept()
		}
		smsc.Want("bind", cut(n))
		answer := refusal(cut(n), smpp.StatusInvCmdLen)
		if n == len(whole)-smpp.HeaderLen-1 { // without address_range
			answer = testpeer.Frame(pdu.BindTransmitterRespID, 0, uint32(n), "SMSC\x00")
		}
		smsc.Send(answer)
		esme.Want("bind_resp", answer)
	}
	m := text(receiver, 99)
	esme.Send(m)
	smsc.Want("submit_sm", m)
}

// Once bound, the two peers decide what a session may be used for.
func TestRequestsOfAnyState(t *testing.T) {
	fromSMSC := []smpp.Frame{
		deliverFrame("10690001", 0, "Hello", "", 20), deliveredReceipt, testpeer.Frame(pdu.DataSMID, 0, 21, "?"),
		testpeer.Frame(pdu.SubmitSMID, 0, 22, "?"),
	}
	fromESME := []smpp.Frame{
		text(receiver, 30), query(31), testpeer.Frame(pdu.ReplaceSMID, 0, 32, "?"), testpeer.Frame(pdu.DeliverSMID, 0, 33, "?"),
		testpeer.Frame(0x111, 0, 34, "?"),
	}
	for _, id := range []pdu.ID{pdu.BindTransmitterID, pdu.BindReceiverID, pdu.BindTransceiverID} {
		t.Run(smpp.Command(id), func(t *testing.T) {
			w := serve(t, setup{})
			esme, smsc := w.bind(simulator.Bind{ID: id})
			pass := func(from, to *testpeer.Peer, requests []smpp.Frame) {
				for _, f := range requests {
					for _, status := range []pdu.Status{0, smpp.StatusInvBindState} {
						from.Send(f)
						to.Want(smpp.Command(f.ID()), f)
						answer := testpeer.Frame(smpp.ResponseID(f.ID()), status, f.Seq(), "\x00")
						to.Send(answer)
						from.Want("its answer", answer)
					}
				}
			}
			pass(smsc, esme, fromSMSC)
			pass(esme, smsc, fromESME)
			alert := testpeer.Frame(pdu.AlertNotificationID, 0, 40, "?")
			smsc.Send(alert)
			esme.Want("alert_notification", alert)
			again := simulator.Bind{ID: id, SystemID: "bank"}.Append(nil, 41)
			esme.Send(again)
			esme.Want("second bind", refusal(again, smpp.StatusAlreadyBound))
		})
	}
}

func TestSMSCUnreachable(t *testing.T) {
	ln := testpeer.Listen(t)
	addr := ln.Addr().String()
	_ = ln.Close()
	w := serve(t, setup{smsc: addr, options: func(o *Options) { o.SessionInit = 0 }})
	if got := w.count("readback_smsc_up", ""); got != 1 {
		t.Errorf("readback_smsc_up: got %v before anybody needed the SMSC, want 1", got)
	}
	esme := w.connect()
	f := simulator.Bind{SystemID: "bank"}.Append(nil, 5)
	esme.Send(f)
	esme.Want("bind_resp", refusal(f, smpp.StatusSysErr))
	esme.WantEnd()
	if got := w.count("readback_smsc_up", ""); got != 0 {
		t.Errorf("readback_smsc_up: got %v, want 0", got)
	}
}

// The SMSC may answer another bind than it was asked. The answer passes as it came, and the ESME has what
// both allow; with nothing in common the bind fails, and both sides are left cleanly.
func TestBindAnsweredAsAnother(t *testing.T) {
	receives := map[pdu.ID]bool{pdu.BindReceiverID: true, pdu.BindTransceiverID: true}
	for _, number := range []uint32{7, 4711} { // the ESME's, or one of the SMSC's own
		for _, asked := range []pdu.ID{pdu.BindTransmitterID, pdu.BindReceiverID, pdu.BindTransceiverID} {
			for _, granted := range []pdu.ID{pdu.BindTransmitterID, pdu.BindReceiverID, pdu.BindTransceiverID} {
				t.Run(smpp.Command(asked)+" as "+smpp.Command(granted), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						bindAnsweredAs(t, simulator.Bind{ID: asked, SystemID: "bank"}, granted, number, receives[asked] && receives[granted])
					})
				})
			}
		}
	}
}

func bindAnsweredAs(t *testing.T, asked simulator.Bind, granted pdu.ID, number uint32, receives bool) {
	deliverFeedback, tellers := telling()
	w := serve(t, setup{deliver: deliverFeedback, inMemory: true})
	esme := w.connect()
	bind := asked.Append(nil, 7)
	esme.Send(bind)
	smsc := w.accept()
	smsc.Want("bind", bind)
	answer := testpeer.Frame(smpp.ResponseID(granted), 0, number, "SMSC\x00")
	smsc.Send(answer)
	if both := pdu.BindTransceiverID; asked.ID != granted && asked.ID != both && granted != both {
		esme.Want("bind_resp", testpeer.Frame(smpp.ResponseID(asked.ID), smpp.StatusBindFailed, number, ""))
		esme.WantEnd()
		smsc.Unbind()
		return
	}
	esme.Want("bind_resp", answer)
	m := text(receiver, 8)
	if asked.ID != pdu.BindReceiverID && granted != pdu.BindReceiverID {
		esme.Send(m)
		smsc.Want("submit_sm", m)
	}
	synctest.Wait()
	if got := len(tellers) > 0; got != receives {
		t.Errorf("gets feedback: %v, want %v", got, receives)
	}
}
