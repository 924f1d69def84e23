package gateway

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// A part that cannot be sent fails the message: the parts behind it are not sent, those
// before it are taken back, and every answer is settled.
func TestSplitSendFails(t *testing.T) {
	for _, tt := range []struct {
		name string
		nth  int
	}{{"the first", 0}, {"the second", 1}, {"the last", 2}} {
		t.Run(tt.name, func(t *testing.T) {
			refused := make(chan uint16, 10)
			up := &fakeUpstream{fails: func(n int, _ smpp.Frame) bool { return n == tt.nth }}
			l, esme := offline(t, refusing(refused), splitNoRoom, up)
			f := long(2, 1)
			l.ask(t, f)
			if len(up.sent) != tt.nth {
				t.Fatalf("sent %d parts, want %d", len(up.sent), tt.nth)
			}
			l.wantOwed(t, int64(min(tt.nth, 1)+tt.nth))
			for n := range tt.nth {
				up.answer(l, n, 0, "id"+string(rune('1'+n))+"\x00")
			}
			esme.Want("submit_sm_resp", refusal(f, smpp.StatusSysErr))
			testpeer.Receive(t, "refusal", refused)
			for n := range tt.nth { // one after the other
				i := tt.nth + n
				if len(up.sent) != i+1 || up.sent[i].ID() != pdu.CancelSMID || !bytes.Contains(up.sent[i], []byte("id"+string(rune('1'+n)))) {
					t.Fatalf("cancel_sm %d: sent %d requests, the last % x", n+1, len(up.sent), up.sent[len(up.sent)-1])
				}
				l.wantOwed(t, 1)
				up.answer(l, i, 0, "")
			}
			l.wantOwed(t, 0)
			if l.g.receipts.InTransit() > 0 {
				t.Error("the message is still in transit")
			}
		})
	}
}

// Where a cancel_sm cannot be sent either, the next part is tried, and all are counted.
func TestCancelSendFails(t *testing.T) {
	up := &fakeUpstream{fails: func(_ int, f smpp.Frame) bool { return f.ID() == pdu.CancelSMID && bytes.Contains(f, []byte("id1")) }}
	l, esme := offline(t, fakeLedger{}, splitNoRoom, up)
	f := long(2, 1)
	l.ask(t, f)
	flushes := up.flushes
	up.answer(l, 0, 0, "id1\x00")
	up.answer(l, 1, 0, "id2\x00")
	up.answer(l, 2, smpp.StatusSubmitFailed, "")
	esme.Want("submit_sm_resp", refusal(f, smpp.StatusSubmitFailed))
	if last := up.sent[len(up.sent)-1]; len(up.sent) != 4 || !bytes.Contains(last, []byte("id2")) {
		t.Errorf("sent %d requests, the last % x; want a cancel_sm of id2", len(up.sent), []byte(last))
	}
	if got := up.flushes - flushes; got != 1 {
		t.Errorf("the cancel_sm were let go %d times, want once", got)
	}
	l.wantOwed(t, 1)
	up.answer(l, 3, smpp.StatusCancelFailed, "")
	l.wantOwed(t, 0)
	if got := testutil.ToFloat64(l.g.metrics.uncancelled); got != 2 {
		t.Errorf("not cancelled: got %v, want 2", got)
	}
}

// The ESME's own number is that of the first part; the others have numbers of the gateway's.
// The status of the first refusal is that of the whole, whichever part it is.
func TestCancelWholeAnswers(t *testing.T) {
	ledger := fakeLedger{partIDs: func(message.Conversation, []byte, []byte) [][]byte {
		return [][]byte{[]byte("id1"), []byte("id2"), []byte("id3")}
	}}
	cancel := testpeer.Frame(pdu.CancelSMID, 0, 7, "\x00id1\x00\x00\x0110690001\x00\x01\x01"+receiver+"\x00")
	for _, tt := range []struct {
		name    string
		fails   func(int, smpp.Frame) bool
		answers []pdu.Status
		want    pdu.Status
	}{
		{"all", nil, []pdu.Status{0, 0, 0}, 0},
		{"two refused", nil, []pdu.Status{0, smpp.StatusCancelFailed, smpp.StatusSysErr}, smpp.StatusCancelFailed},
		{"the first refused", nil, []pdu.Status{smpp.StatusInvMsgLen, 0, smpp.StatusSysErr}, smpp.StatusInvMsgLen},
		{"the last refused", nil, []pdu.Status{0, 0, smpp.StatusCancelFailed}, smpp.StatusCancelFailed},
		{"one cannot be sent", func(n int, _ smpp.Frame) bool { return n == 1 }, []pdu.Status{0, 0}, smpp.StatusSysErr},
		{"none can be sent", func(int, smpp.Frame) bool { return true }, nil, smpp.StatusSysErr},
	} {
		t.Run(tt.name, func(t *testing.T) {
			up := &fakeUpstream{fails: tt.fails}
			l, esme := offline(t, ledger, Account{}, up)
			l.ask(t, cancel)
			if len(up.sent) != len(tt.answers) {
				t.Fatalf("sent %d cancel_sm, want %d", len(up.sent), len(tt.answers))
			}
			for n, f := range up.sent {
				if own := f.Seq() >= smpp.OwnSeq; own != (n > 0) {
					t.Errorf("cancel_sm %d has number %#x", n+1, f.Seq())
				}
				if up.refs[n].n != n && tt.fails == nil {
					t.Errorf("cancel_sm %d is known as part %d", n+1, up.refs[n].n+1)
				}
			}
			for n, status := range tt.answers {
				l.wantOwed(t, int64(1+len(tt.answers)-n))
				up.answer(l, n, status, "")
			}
			l.wantOwed(t, 0)
			esme.Want("cancel_sm_resp", testpeer.Frame(pdu.CancelSMRespID, tt.want, 7, ""))
		})
	}
}

// A receiver whose message cannot be sent is one that failed, and the others are told of.
func TestMultiSendFails(t *testing.T) {
	account := Account{Policy: numbering.Policy{When: numbering.All, SplitMulti: true}}
	refused := make(chan uint16, 10)
	up := &fakeUpstream{fails: func(n int, _ smpp.Frame) bool { return n == 1 }}
	l, esme := offline(t, refusing(refused), account, up)
	tail := "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05Hello"
	body := multiFrom + "\x02" + "\x01\x01\x01" + three[0] + "\x00" + "\x01\x01\x01" + three[1] + "\x00" + tail
	l.ask(t, testpeer.Frame(pdu.SubmitMultiID, 0, 2, body))
	if len(up.sent) != 1 {
		t.Fatalf("sent %d messages, want 1", len(up.sent))
	}
	if got := testpeer.Receive(t, "refusal", refused); got != 2 {
		t.Errorf("refused number %d, want 2", got)
	}
	l.wantOwed(t, 2)
	up.answer(l, 0, 0, "id1\x00")
	l.wantOwed(t, 0)
	esme.Want("submit_multi_resp", multiResp(0, "id1", failed(three[1], smpp.StatusSysErr)))
}

// In shared mode each part is known by its message_id, in whatever form the SMSC writes it: the
// account may ask for it, and gets what is said about it.
func TestPartsAreRouted(t *testing.T) {
	ledger := splittingLedger()
	s := setup{ledger: ledger.fakeLedger, options: ids(receipt.IDs{Response: receipt.Decimal, Receipt: receipt.Hex})}
	_, esme, smsc := pair(t, s, map[string]Account{"bank": splitNoRoom})
	esme.Send(long(2, 1))
	for n, seq := range partsNumbered(t, smsc, 1) {
		smsc.Send(accepted(seq, "0016"+string(rune('1'+n))))
	}
	c := testpeer.Receive(t, "split message", ledger.splits)
	if got := string(bytes.Join(c.Keys, []byte(" "))); got != "a1 a2 a3" {
		t.Errorf("keys of the parts: got %s, want a1 a2 a3", got)
	}
	c.logged()
	esme.Want("submit_sm_resp", accepted(2, "00161"))
	for seq, id := range []string{"00162", "00163"} {
		query := testpeer.Frame(pdu.QuerySMID, 0, uint32(10+seq), id+"\x00\x00\x0110690001\x00")
		esme.Send(query)
		smsc.Want("query_sm of "+id, query)
	}
	takes(esme, smsc, deliverFrame("10690001", 0x04, "id:0A2 stat:ENROUTE", "", 7)) // 162
}

// In mirror mode no message needs a route.
func TestPartsNeedNoRoute(t *testing.T) {
	ledger := splittingLedger()
	w := serve(t, setup{ledger: ledger.fakeLedger, policy: splitNoRoom.Policy})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(long(2, 1))
	for n, seq := range partsNumbered(t, smsc, 1) {
		smsc.Send(accepted(seq, "id"+string(rune('1'+n))))
	}
	testpeer.Receive(t, "split message", ledger.splits).logged()
	esme.Want("submit_sm_resp", accepted(2, "id1"))
	ledger.routes.Range(func(id, _ any) bool {
		t.Errorf("message %s has a route", id)
		return true
	})
}

// A message that goes in no parts after all goes on as it came.
func TestSplitNotCut(t *testing.T) {
	up := &fakeUpstream{}
	l, _ := offline(t, fakeLedger{}, splitNoRoom, up)
	f := submitSM(0x0E, 0, strings.Repeat("\xB0\xA1", 70), nil) // KS C 5601
	l.ask(t, f)
	if len(up.sent) != 1 || !bytes.Equal(up.sent[0], f) {
		t.Errorf("sent %d requests, want the message as it came", len(up.sent))
	}
	l.wantOwed(t, 1)
}
