package gateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
)

// partReceiptOf is a receipt of a part, from the receiver of text.
func partReceiptOf(id, stat, err string, state byte, seq uint32) smpp.Frame {
	tlvs := smpp.AppendTLV(nil, smpp.TagReceiptedMessageID, append([]byte(id), 0))
	tlvs = smpp.AppendTLV(tlvs, smpp.TagMessageState, []byte{state})
	dlvrd := "001"
	if stat != "DELIVRD" {
		dlvrd = "000"
	}
	return simulator.ShortMessage{
		From: simulator.Number(receiver), To: simulator.Number("10690001"), ESMClass: smpp.ESMClassReceipt,
		UserData: []byte("id:" + id + " sub:001 dlvrd:" + dlvrd + " submit date:2611230829 done date:2611230831 stat:" + stat +
			" err:" + err + " text:end of it"),
		TLVs: tlvs,
	}.Append(nil, pdu.DeliverSMID, seq)
}

// taken is the SMSC's answer when the gateway takes a receipt or a read itself.
func taken(seq uint32, status pdu.Status) smpp.Frame {
	return testpeer.Frame(pdu.DeliverSMRespID, status, seq, "\x00")
}

// mergingLedger knows the parts p1 and p2, and merges as the test says.
func mergingLedger(merge func(journal.SplitPart, message.PartReceipt) (*message.Merged, error)) fakeLedger {
	l := remembering()
	for _, id := range []string{"P1", "P2", "4A7F01"} {
		l.routes.Store(id, "bank")
	}
	l.partOf = func(_ string, c message.Conversation, key []byte) (journal.SplitPart, bool) {
		seq := map[string]uint8{"p1": 1, "p2": 2}[string(key)]
		return journal.SplitPart{Seq: seq}, seq > 0 && c.Receiver.String() == receiver
	}
	l.merge = func(p journal.SplitPart, r message.PartReceipt, done func(*message.Merged, error)) {
		m, err := merge(p, r)
		done(m, err)
	}
	return l
}

// answerWhole wants an ESME to get the receipt of the whole message, and its answer to reach the SMSC.
func answerWhole(esme, smsc *testpeer.Peer, receipt smpp.Frame, status pdu.Status) {
	receipt = smpp.Frame(strings.Replace(string(receipt), "end of it", "beginning", 1))
	esme.Want("receipt of the whole", receipt)
	answer := testpeer.Frame(pdu.DeliverSMRespID, status, 7, "\x00")
	esme.Send(answer)
	smsc.Want("the ESME's answer", answer)
}

// The receipt of a part stays here until it is that of the whole; the ESME's answer to that
// one is the SMSC's. It is noted when it is answered for good.
func TestReceiptsOfParts(t *testing.T) {
	whole := func(state byte, err string, wanted bool) *message.Merged {
		return &message.Merged{PartReceipt: message.PartReceipt{State: state, ID: "P1", Err: err, Text: "beginning"}, Wanted: wanted}
	}
	for _, tt := range []struct {
		name   string
		merged *message.Merged
		err    error
		answer pdu.Status // of the gateway
		stat   string     // of what the ESME gets; empty: nothing
		code   string
		state  byte
	}{
		{"more to come", nil, nil, smpp.StatusOK, "", "", 0},
		{"ledger is down", nil, errors.New("away"), smpp.StatusTempApp, "", "", 0},
		{"delivered", whole(2, "000", true), nil, 0, "DELIVRD", "000", 2},
		{"not asked for", whole(2, "000", false), nil, smpp.StatusOK, "", "", 0},
		{"another part failed", whole(5, "021", true), nil, 0, "UNDELIV", "021", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heard := make(chan message.PartReceipt, 1)
			ledger := mergingLedger(func(p journal.SplitPart, r message.PartReceipt) (*message.Merged, error) {
				if p.Seq != 2 {
					t.Errorf("part %d, want 2", p.Seq)
				}
				heard <- r
				return tt.merged, tt.err
			})
			noted := make(chan string, 1)
			ledger.receipt = func(_ string, _ message.Conversation, id []byte, s message.State, _ message.Session) {
				noted <- string(id) + " " + s.String()
			}
			wantNoted := func() {
				t.Helper()
				if got := testpeer.Receive(t, "note", noted); got != "P2 delivered" {
					t.Errorf("noted %s, want P2 delivered", got)
				}
			}
			inBothModes(t, setup{ledger: ledger}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				smsc.Send(partReceiptOf("P2", "DELIVRD", "000", 2, 7))
				r := testpeer.Receive(t, "receipt in the ledger", heard)
				if want := (message.PartReceipt{State: 2, ID: "P2", Err: "000", Text: "end of it"}); r != want {
					t.Errorf("the ledger hears %+v, want %+v", r, want)
				}
				if tt.stat == "" {
					if tt.answer == smpp.StatusOK {
						wantNoted()
					}
					smsc.Want("answer", taken(7, tt.answer))
					esme.WantNothing()
					return
				}
				whole := partReceiptOf("P1", tt.stat, tt.code, tt.state, 7)
				answerWhole(esme, smsc, whole, smpp.StatusQueueFull)
				if len(noted) > 0 {
					t.Errorf("noted %s, which the ESME has refused", <-noted)
				}
				smsc.Send(partReceiptOf("P2", "DELIVRD", "000", 2, 7))
				testpeer.Receive(t, "receipt in the ledger again", heard)
				answerWhole(esme, smsc, whole, smpp.StatusOK)
				wantNoted()
				if got := w.count("readback_part_receipts_total", "outcome=passed"); got != 2 {
					t.Errorf("passed: got %v, want 2", got)
				}
			})
		})
	}
}

// What is not final passes for the part whose message_id the ESME knows; other receipts
// pass as they came.
func TestReceiptsThatAreNotMerged(t *testing.T) {
	ledger := mergingLedger(func(journal.SplitPart, message.PartReceipt) (*message.Merged, error) {
		t.Error("a receipt was merged")
		return nil, nil
	})
	inBothModes(t, setup{ledger: ledger}, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		intermediate := partReceiptOf("P1", "ENROUTE", "000", 1, 5)
		intermediate[intermediate.Len()-len(receiptTail(intermediate))] = smpp.ESMClassIntermediate
		for _, f := range []smpp.Frame{
			partReceiptOf("P1", "ENROUTE", "000", 1, 4),
			deliverFrame("10690001", smpp.ESMClassReceipt, "id:P1 stat:BUFFRED", "", 5),
			intermediate,
			partReceiptOf("4A7F01", "DELIVRD", "000", 2, 6),
		} {
			smsc.Send(f)
			esme.Want("deliver_sm", f)
			esme.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, f.Seq(), "\x00"))
			smsc.Want("deliver_sm_resp", testpeer.Frame(pdu.DeliverSMRespID, 0, f.Seq(), "\x00"))
		}
		smsc.Send(partReceiptOf("P2", "ENROUTE", "000", 1, 8))
		smsc.Want("answer", taken(8, smpp.StatusOK))
		esme.WantNothing()
	})
}

// receiptTail is a receipt from its esm_class on.
func receiptTail(f smpp.Frame) []byte {
	return f[strings.Index(string(f), "10690001\x00")+len("10690001\x00"):]
}

// A receipt that comes while its message is in transit waits: one of its parts is all that
// the SMSC knows.
func TestReceiptWaitsForItsMessage(t *testing.T) {
	ledger := splittingLedger()
	merged := make(chan message.PartReceipt, 1)
	known := make(chan struct{})
	ledger.partOf = func(_ string, _ message.Conversation, key []byte) (journal.SplitPart, bool) {
		select {
		case <-known:
			return journal.SplitPart{Seq: 1}, string(key) == "id1"
		default:
			return journal.SplitPart{}, false
		}
	}
	ledger.merge = func(_ journal.SplitPart, r message.PartReceipt, done func(*message.Merged, error)) {
		merged <- r
		done(nil, nil)
	}
	w := serve(t, setup{ledger: ledger.fakeLedger, policy: splitNoRoom.Policy})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(long(2, 1))
	seqs := partsNumbered(t, smsc, 1)
	smsc.Send(accepted(seqs[0], "id1"))
	smsc.Send(partReceiptOf("id1", "DELIVRD", "000", 2, 7), partReceiptOf("other", "DELIVRD", "000", 2, 8))
	smsc.Send(accepted(seqs[1], "id2"), accepted(seqs[2], "id3"))
	c := testpeer.Receive(t, "split message", ledger.splits)
	esme.WantNothing()
	close(known)
	c.logged()
	esme.Want("submit_sm_resp", accepted(2, "id1"))
	if r := testpeer.Receive(t, "receipt in the ledger", merged); r.ID != "id1" {
		t.Errorf("the ledger hears of %s, want id1", r.ID)
	}
	smsc.Want("answer", taken(7, smpp.StatusOK))
	esme.Want("the other receipt", partReceiptOf("other", "DELIVRD", "000", 2, 8))
}
