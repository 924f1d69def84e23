package gateway

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// long is a submit_sm of 300 septets: it becomes three parts.
func long(seq uint32, registered byte) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number(receiver), RegisteredDelivery: registered,
		TLVs: smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(strings.Repeat("0123456789", 30))),
	}.Append(nil, pdu.SubmitSMID, seq)
}

// partOfLong is part n of it, from 1, as the gateway sends it.
func partOfLong(seq uint32, n int, registered byte) smpp.Frame {
	text := strings.Repeat("0123456789", 30)
	ends := []int{0, 148, 296, 300}
	ud := append([]byte{9, 0, 3, 77, 3, byte(n), 0x80, 2, 0, 1}, text[ends[n-1]:ends[n]]...)
	return simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number(receiver), RegisteredDelivery: registered,
		ESMClass: smpp.ESMClassUDHI, TLVs: smpp.AppendTLV(nil, smpp.TagMessagePayload, ud),
	}.Append(nil, pdu.SubmitSMID, seq)
}

// logOf is a ledger that cuts with reference 77, and what it was told.
type logOf struct {
	fakeLedger
	splits  chan splitOf
	refused chan uint16
}

type splitOf struct {
	ledger.Split
	record
}

func splittingLedger() logOf {
	l := logOf{splits: make(chan splitOf, 10), refused: make(chan uint16, 10)}
	l.fakeLedger = refusing(l.refused)
	assign := l.assign
	l.assign = func(s *ledger.Sent) error {
		if s.Split > 0 {
			s.Part.Ref = 77
		}
		return assign(s)
	}
	l.cut = func(_ *ledger.Sent, c ledger.Split, w ledger.Waiter, token uint64) {
		l.splits <- splitOf{c, record{"", w, token}}
	}
	l.routes = new(sync.Map)
	return l
}

var splitNoRoom = Account{Policy: numbering.Policy{When: numbering.All, Overflow: numbering.SplitNoRoom}}

// A message without room goes in parts; the ESME gets the answer to the first, when all are
// accepted and in the log.
func TestSplitMessage(t *testing.T) {
	ledger := splittingLedger()
	inBothModes(t, setup{ledger: ledger.fakeLedger}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for _, asked := range []struct{ esme, smsc byte }{{0, 0}, {1, 1}, {2, 1}, {3, 1}, {0x16, 0x11}} {
			f := long(2, asked.esme)
			esme.Send(f)
			seqs := partsNumbered(t, smsc, asked.smsc)
			for _, n := range []int{2, 0, 1} {
				smsc.Send(accepted(seqs[n], "id"+string(rune('1'+n))))
			}
			c := testpeer.Receive(t, "split message", ledger.splits)
			if got := string(bytes.Join(c.IDs, []byte(" "))); got != "id1 id2 id3" || c.Wanted != asked.esme {
				t.Errorf("the ledger hears of %s, %02x; want id1 id2 id3, %02x", got, c.Wanted, asked.esme)
			}
			esme.WantNothing()
			c.logged()
			esme.Want("submit_sm_resp", accepted(2, "id1"))
		}
		if got := w.count("readback_splits_total", "outcome=accepted"); got != 5 {
			t.Errorf("splits: got %v, want 5", got)
		}
		if got := w.count("readback_submits_total", ""); got != 5 {
			t.Errorf("messages counted: got %v, want 5", got)
		}
	})
}

// partsNumbered reads the parts of a long message, whatever number it has, and returns
// their sequence_numbers.
func partsNumbered(t *testing.T, smsc *testpeer.Peer, registered byte) (seqs []uint32) {
	t.Helper()
	var number [2]byte
	for n := 1; n <= 3; n++ {
		f := smsc.Next("part")
		i := bytes.Index(f, []byte{0x80, 2})
		if i < 0 {
			t.Fatalf("part %d has no element: % x", n, []byte(f))
		}
		if n == 1 {
			number = [2]byte(f[i+2:])
		}
		want := partOfLong(f.Seq(), n, registered)
		copy(want[bytes.Index(want, []byte{0x80, 2})+2:], number[:])
		if !bytes.Equal(f, want) || n > 1 && f.Seq() < smpp.OwnSeq {
			t.Fatalf("part %d: got\n% x, want\n% x", n, []byte(f), []byte(want))
		}
		seqs = append(seqs, f.Seq())
	}
	return seqs
}

// Where the SMSC refuses a part, the ESME gets that status, and what was accepted is
// cancelled, one after the other.
func TestSplitMessageRefused(t *testing.T) {
	const invalid, failed = smpp.StatusInvMsgLen, smpp.StatusSubmitFailed
	for _, tt := range []struct {
		name      string
		answers   [3]pdu.Status
		want      pdu.Status
		cancelled []string
	}{
		{"the first", [3]pdu.Status{invalid, 0, 0}, invalid, []string{"id2", "id3"}},
		{"the last", [3]pdu.Status{0, 0, failed}, failed, []string{"id1", "id2"}},
		{"two", [3]pdu.Status{0, invalid, failed}, invalid, []string{"id1"}},
		{"all", [3]pdu.Status{failed, invalid, failed}, failed, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ledger := splittingLedger()
			inBothModes(t, setup{ledger: ledger.fakeLedger}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				esme.Send(long(2, 1))
				seqs := partsNumbered(t, smsc, 1)
				for n, status := range tt.answers {
					if status != smpp.StatusOK {
						smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, status, seqs[n], ""))
					} else {
						smsc.Send(accepted(seqs[n], "id"+string(rune('1'+n))))
					}
				}
				esme.Want("submit_sm_resp", refusal(long(2, 1), tt.want))
				testpeer.Receive(t, "refusal", ledger.refused)
				for i, id := range tt.cancelled {
					f := smsc.Next("cancel_sm")
					body := "\x00" + id + "\x00\x00\x0110690001\x00\x01\x01" + receiver + "\x00"
					if want := testpeer.Frame(pdu.CancelSMID, 0, f.Seq(), body); !bytes.Equal(f, want) || f.Seq() < smpp.OwnSeq {
						t.Fatalf("cancel_sm %d: got\n% x, want\n% x", i, []byte(f), []byte(want))
					}
					status := pdu.Status(0)
					if i > 0 {
						status = smpp.StatusCancelFailed
					}
					smsc.Send(testpeer.Frame(pdu.CancelSMRespID, status, f.Seq(), ""))
				}
				esme.Send(text(receiver, 3)) // the cancel_sm_resp do not reach the ESME, and it goes on
				smsc.Send(accepted(smsc.Next("submit_sm").Seq(), "next"))
				esme.Want("submit_sm_resp", accepted(3, "next"))
				if got, want := w.count("readback_parts_not_cancelled_total", ""), float64(max(0, len(tt.cancelled)-1)); got != want {
					t.Errorf("not cancelled: got %v, want %v", got, want)
				}
				if n := len(ledger.splits); n > 0 {
					t.Errorf("the ledger hears of %d messages, want none", n)
				}
			})
		})
	}
}

// A part that the SMSC gave no message_id stays: a cancel_sm without one is about all
// messages to the receiver (SMPP 3.4 §4.9).
func TestSplitMessageRefusedWithoutID(t *testing.T) {
	ledger := splittingLedger()
	inBothModes(t, setup{ledger: ledger.fakeLedger}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(long(2, 1))
		seqs := partsNumbered(t, smsc, 1)
		smsc.Send(accepted(seqs[0], ""), accepted(seqs[1], ""), testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusSubmitFailed, seqs[2], ""))
		esme.Want("submit_sm_resp", refusal(long(2, 1), smpp.StatusSubmitFailed))
		esme.Send(text(receiver, 3))
		f := smsc.Next("submit_sm")
		if f.ID() != pdu.SubmitSMID {
			t.Errorf("the SMSC got % x, want a submit_sm", []byte(f))
		}
		smsc.Send(accepted(f.Seq(), "next"))
		esme.Want("submit_sm_resp", accepted(3, "next"))
		if got := w.count("readback_parts_not_cancelled_total", ""); got != 2 {
			t.Errorf("not cancelled: got %v, want 2", got)
		}
	})
}

// What the SMSC never answers counts as refused.
func TestSplitMessageUnanswered(t *testing.T) {
	ledger := splittingLedger()
	inBothModes(t, setup{ledger: ledger.fakeLedger}, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(long(2, 1))
		seqs := partsNumbered(t, smsc, 1)
		smsc.Send(accepted(seqs[1], "id2"))
		_ = smsc.Conn.Close()
		esme.Want("submit_sm_resp", refusal(long(2, 1), smpp.StatusSysErr))
		testpeer.Receive(t, "refusal", ledger.refused)
	})
}

// The ESME may leave in between: what the SMSC accepted is recorded.
func TestSplitMessageESMEGone(t *testing.T) {
	ledger := splittingLedger()
	w := serve(t, setup{ledger: ledger.fakeLedger, policy: splitNoRoom.Policy})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(long(2, 1))
	seqs := partsNumbered(t, smsc, 1)
	_ = esme.Conn.Close()
	for n, seq := range seqs {
		smsc.Send(accepted(seq, "id"+string(rune('1'+n))))
	}
	testpeer.Receive(t, "split message", ledger.splits).logged()
	smsc.Unbind()
}
