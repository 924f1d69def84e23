package gateway

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/pool"
	"readback/internal/receipts"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// delivered is the ESME's deliver_sm_resp.
func delivered(seq uint32) smpp.Frame { return testpeer.Frame(pdu.DeliverSMRespID, 0, seq, "\x00") }

// takes checks that f reaches the ESME, and its answer the bind it came from.
func takes(esme, smsc *testpeer.Peer, f smpp.Frame) {
	esme.T.Helper()
	smsc.Send(f)
	esme.Want("deliver_sm", f)
	answer := testpeer.Frame(smpp.ResponseID(f.ID()), 0, f.Seq(), "\x00")
	esme.Send(answer)
	smsc.Want("deliver_sm_resp", answer)
}

// returns checks that the SMSC is to keep f.
func returns(smsc *testpeer.Peer, f smpp.Frame) {
	smsc.T.Helper()
	smsc.Send(f)
	smsc.Want("deliver_sm_resp", refusal(f, smpp.StatusTempApp))
}

func receiptedID(id string) string {
	return string(smpp.AppendTLV(nil, smpp.TagReceiptedMessageID, []byte(id+"\x00")))
}

// A receipt goes to the account of its message, whichever way the SMSC writes the
// message_id.
func TestReceiptRoute(t *testing.T) {
	numbers := receipt.IDs{Response: receipt.Hex, Receipt: receipt.Decimal}
	tests := []struct {
		name       string
		ids        receipt.IDs
		id         string // in the answer; the other account's is OTHER or FF
		class      byte
		text, tlvs string
	}{
		{"text", receipt.IDs{}, "4A7F01", 0x04, "id:4A7F01 stat:DELIVRD", ""},
		{"TLV", receipt.IDs{}, "4A7F01", 0x04, "", receiptedID("4A7F01")},
		{"TLV without NUL", receipt.IDs{}, "4A7F01", 0x04, "", string(smpp.AppendTLV(nil, smpp.TagReceiptedMessageID, []byte("4A7F01")))},
		{"the TLV goes first", receipt.IDs{}, "4A7F01", 0x04, "id:OTHER stat:DELIVRD", receiptedID("4A7F01")},
		{"an empty TLV does not", receipt.IDs{}, "4A7F01", 0x04, "id:4A7F01 stat:DELIVRD", receiptedID("")},
		{"intermediate notification", receipt.IDs{}, "4A7F01", 0x20, "id:4A7F01 stat:ENROUTE", ""},
		{"hexadecimal to decimal", numbers, "4A7F01", 0x04, "id:4882177 stat:DELIVRD", ""},
		{"leading zeros and case", numbers, "004a7f01", 0x04, "id:0004882177 stat:DELIVRD", ""},
		{"decimal to hexadecimal", receipt.IDs{Response: receipt.Decimal, Receipt: receipt.Hex}, "4882177", 0x04, "id:4A7F01 stat:DELIVRD", ""},
		{"no number after all", numbers, "X-1", 0x04, "id:X-1 stat:DELIVRD", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := share(t, setup{ledger: remembering(), options: ids(tt.ids)}, pool.Config{}, map[string]Account{"bank": {}, "shop": {}})
			smsc := w.answerBind()
			esme, other := w.login(simulator.Bind{}), w.login(simulator.Bind{SystemID: "shop"})
			submitted(other, smsc, 2, "OTHER")
			submitted(esme, smsc, 3, tt.id)
			takes(esme, smsc, deliverFrame("10690001", tt.class, tt.text, tt.tlvs, 77))
			other.WantNothing()
		})
	}
}

// The ledger hears of the receipts, as in mirror mode.
func TestReceiptRouteNoted(t *testing.T) {
	ledger, noted := remembering(), make(chan string, 1)
	ledger.receipt = func(_ string, c message.Conversation, id []byte, state message.State, _ message.Session) {
		noted <- c.Sender.String() + " " + c.Receiver.String() + " " + string(id) + " " + state.String()
	}
	_, esme, smsc := pair(t, setup{ledger: ledger}, bank)
	submitted(esme, smsc, 2, "4A7F01")
	takes(esme, smsc, deliverFrame("10690001", 0x04, appendixB, "", 7))
	if got, want := testpeer.Receive(t, "receipt", noted), "10690001 "+receiver+" 4A7F01 delivered"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A receipt that comes before the answer to its message waits for that, on another
// bind too, and holds up nothing else.
func TestReceiptEarly(t *testing.T) {
	ledger, answered := remembering(), make(chan struct{})
	known := ledger
	ledger.await = func(ctx context.Context, c message.Conversation, id []byte) (string, bool) {
		select {
		case <-answered:
			return known.Routed(c, id)
		case <-ctx.Done():
			return "", false
		}
	}
	w := share(t, setup{ledger: ledger}, pool.Config{Binds: 2}, bank)
	smscs := w.binds(2)
	esme := w.login(simulator.Bind{})
	esme.Send(text(receiver, 2), text(receiver, 3))
	f := smscs[0].Next("submit_sm")
	smscs[1].Next("submit_sm")
	early := deliverFrame("10690001", 0x04, "id:4A7F01 stat:DELIVRD", "", 77)
	smscs[1].Send(early)
	esme.WantNothing()
	returns(smscs[1], deliverFrame("nobody", 0, "Hello", "", 78))
	smscs[0].Send(accepted(f.Seq(), "4A7F01"))
	esme.Want("submit_sm_resp", accepted(f.Seq(), "4A7F01"))
	close(answered)
	esme.Want("receipt", early)
	esme.Send(delivered(77))
	smscs[1].Want("deliver_sm_resp", delivered(77))
}

// A receipt of no known message goes back to the SMSC, after a while that is short
// beside the SMSC's own patience, or when its bind ends.
func TestReceiptUnknown(t *testing.T) {
	asked, ended := make(chan time.Duration, 1), make(chan error, 1)
	blocks := false
	_, _, smsc := pair(t, setup{ledger: fakeLedger{await: func(ctx context.Context, _ message.Conversation, _ []byte) (string, bool) {
		deadline, _ := ctx.Deadline()
		asked <- time.Until(deadline)
		if blocks {
			<-ctx.Done()
			ended <- ctx.Err()
		}
		return "", false
	}}}, bank)
	returns(smsc, deliverFrame("10690001", 0x04, "id:4A7F01 stat:DELIVRD", "", 7))
	if wait := testpeer.Receive(t, "question", asked); wait <= 0 || wait > receipts.MaxWait {
		t.Errorf("waits for %v, want up to %v", wait, receipts.MaxWait)
	}
	blocks = true
	smsc.Send(deliverFrame("10690001", 0x04, "id:4A7F01 stat:DELIVRD", "", 8))
	testpeer.Receive(t, "question", asked)
	_ = smsc.Conn.Close()
	if err := testpeer.Receive(t, "end of the wait", ended); err != context.Canceled {
		t.Errorf("the wait ended by %v, want by the end of the bind", err)
	}
}

// No more receipts wait than the memory is meant for.
func TestReceiptEarlyBounded(t *testing.T) {
	released := make(chan struct{})
	_, _, smsc := pair(t, setup{ledger: fakeLedger{await: func(context.Context, message.Conversation, []byte) (string, bool) {
		<-released
		return "", false
	}}}, bank)
	for seq := range uint32(maxBackground + 1) {
		smsc.Send(deliverFrame("10690001", 0x04, "id:4A7F01 stat:DELIVRD", "", seq))
	}
	smsc.Want("refusal of the last", refusal(deliverFrame("", 0, "", "", maxBackground), smpp.StatusTempApp))
	close(released)
	for range maxBackground {
		smsc.Next("refusal")
	}
}

// What is for an account goes to its sessions in turn: to those that may receive,
// have room and stay.
func TestDeliverInTurn(t *testing.T) {
	accounts := map[string]Account{"bank": {Addresses: []account.AddressRange{{Low: "1069", High: "1069", Prefix: true}}}}
	w := share(t, setup{options: func(o *Options) { o.ESMEWindow = 3 }}, pool.Config{}, accounts)
	smsc, mo := w.answerBind(), func(seq uint32) smpp.Frame { return deliverFrame("10690001", 0, "Hello", "", seq) }
	transmitter := w.login(simulator.Bind{ID: pdu.BindTransmitterID})
	returns(smsc, mo(1))
	receivers := []*testpeer.Peer{w.login(simulator.Bind{ID: pdu.BindReceiverID}), w.login(simulator.Bind{})}
	w.await("both", func() bool { return len(w.members.of("bank")) == 2 })
	smsc.Send(mo(2), mo(3), mo(4), mo(5))
	for i, esme := range receivers {
		if a, b := esme.Next("one").Seq(), esme.Next("another").Seq(); b != a+2 {
			t.Errorf("session %d: got numbers %d and %d, want every other", i, a, b)
		}
		esme.WantNothing()
	}
	smsc.Send(mo(6), mo(7))
	last := []uint32{receivers[0].Next("third").Seq(), receivers[1].Next("third").Seq()}
	returns(smsc, mo(8)) // both have their window full
	receivers[1].Send(delivered(last[1]))
	smsc.Want("deliver_sm_resp", delivered(last[1]))
	smsc.Send(mo(9))
	receivers[1].Want("where there is room", mo(9))

	for _, esme := range receivers {
		_ = esme.Conn.Close()
	}
	for range 6 { // what they never answered
		if f := smsc.Next("deliver_sm_resp"); f.Status() != smpp.StatusTempApp {
			t.Errorf("got % x, want ESME_RX_T_APPN", []byte(f))
		}
	}
	returns(smsc, mo(10))
	transmitter.WantNothing()
}

// Two binds may count alike: each answer finds the one its request came from.
func TestDeliverSameNumber(t *testing.T) {
	ledger := remembering()
	ledger.routes.Store("A", "bank")
	w := share(t, setup{ledger: ledger}, pool.Config{Binds: 2}, bank)
	smscs, esme := w.binds(2), w.login(simulator.Bind{})
	f := deliverFrame("10690001", 0x04, "id:A stat:DELIVRD", "", 7)
	smscs[0].Send(f)
	esme.Want("deliver_sm", f)
	smscs[1].Send(f)
	second := esme.Next("deliver_sm of the other bind")
	if second.Seq() < smpp.OwnSeq || !bytes.Equal(second.Body(), f.Body()) {
		t.Errorf("got % x, want the same under a number of the gateway's own", []byte(second))
	}
	for i, seq := range []uint32{second.Seq(), 7} {
		esme.Send(testpeer.Frame(pdu.DeliverSMRespID, pdu.Status(i), seq, "\x00"))
		smscs[1-i].Want("deliver_sm_resp", testpeer.Frame(pdu.DeliverSMRespID, pdu.Status(i), 7, "\x00"))
	}
}

// What an ESME does not answer in time the SMSC is to keep; the ESME's late word
// goes nowhere.
func TestDeliverUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := remembering()
		ledger.routes.Store("A", "bank")
		w, esme, smsc := pair(t, setup{ledger: ledger, inMemory: true, options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }}, bank)
		f := deliverFrame("10690001", 0x04, "id:A stat:DELIVRD", "", 7)
		smsc.Send(f)
		esme.Want("deliver_sm", f)
		smsc.Want("deliver_sm_resp", refusal(f, smpp.StatusTempApp))
		if got := w.count("readback_unanswered_total", "peer=esme"); got != 1 {
			t.Errorf("unanswered: got %v, want 1", got)
		}
		esme.Send(delivered(7))
		submitted(esme, smsc, 2, "B")
	})
}

// While the gateway stops, ESMEs get nothing new.
func TestDeliverDraining(t *testing.T) {
	ledger := remembering()
	ledger.routes.Store("A", "bank")
	w, esme, smsc := pair(t, setup{ledger: ledger}, bank)
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	others := answerAll(smsc)
	w.stop()
	draining(esme)
	f := deliverFrame("10690001", 0x04, "id:A stat:DELIVRD", "", 7)
	smsc.Send(f)
	if got := testpeer.Receive(t, "answer", others); !bytes.Equal(got, refusal(f, smpp.StatusTempApp)) {
		t.Errorf("got % x, want ESME_RX_T_APPN", []byte(got))
	}
	smsc.Send(accepted(2, "B"))
	esme.Want("under way", accepted(2, "B"))
	esme.Unbind()
	smsc.Send(testpeer.Frame(pdu.UnbindRespID, 0, testpeer.Receive(t, "unbind", others).Seq(), ""))
}
