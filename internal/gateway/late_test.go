package gateway

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"readback/relay/message"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// lateLedger is a ledger that tells the receivers and message_ids of what it is to record late.
func lateLedger() (l fakeLedger, late chan string) {
	late = make(chan string, 1000)
	l, _ = recording()
	l.late = func(s *ledger.Sent, id []byte) { late <- fmt.Sprintf("%s %s", s.Conversation.Receiver, id) }
	return l, late
}

// wantLate checks that these records have come, and no others.
func wantLate(t *testing.T, late <-chan string, want ...string) {
	t.Helper()
	for _, want := range want {
		if got := testpeer.Receive(t, "late record", late); got != want {
			t.Errorf("late record: got %q, want %q", got, want)
		}
	}
	if len(late) > 0 {
		t.Errorf("late record: got %q as well", <-late)
	}
}

// expire sends f, which the SMSC leaves unanswered. It returns the sequence_numbers of the n requests
// that the SMSC gets.
func expire(esme, smsc *testpeer.Peer, f smpp.Frame, n int, want smpp.Frame) (seqs []uint32) {
	esme.T.Helper()
	esme.Send(f)
	for range n {
		seqs = append(seqs, smsc.Next("request").Seq())
	}
	esme.Want("answer of the gateway", want)
	return seqs
}

// What the SMSC accepts after response_timeout is recorded, once. The ESME has its answer. In shared
// mode, its receipts find the account.
func TestLateAnswer(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(seq uint32) []smpp.Frame
		want   bool
	}{
		{"accepted", func(seq uint32) []smpp.Frame { return []smpp.Frame{accepted(seq, "L")} }, true},
		{"accepted twice", func(seq uint32) []smpp.Frame { return []smpp.Frame{accepted(seq, "L"), accepted(seq, "M")} }, true},
		{"refused", func(seq uint32) []smpp.Frame { return []smpp.Frame{refusal(text(receiver, seq), smpp.StatusQueueFull)} }, false},
		{"refused, then accepted", func(seq uint32) []smpp.Frame {
			return []smpp.Frame{refusal(text(receiver, seq), smpp.StatusQueueFull), accepted(seq, "L")}
		}, false},
		{"generic_nack", func(seq uint32) []smpp.Frame { return []smpp.Frame{testpeer.Frame(pdu.GenericNACKID, 0, seq, "")} }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, late := lateLedger()
			inBothModes(t, setup{ledger: l, inMemory: true}, tracked, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				seq := expire(esme, smsc, text(receiver, 2), 1, refusal(text(receiver, 2), smpp.StatusSysErr))[0]
				for _, f := range tt.answer(seq) {
					smsc.Send(f)
				}
				esme.Send(text(receiver, 2)) // the same number again
				next := smsc.Next("submit_sm").Seq()
				smsc.Send(accepted(next, "A"))
				esme.Want("submit_sm_resp", accepted(2, "A"))
				var want []string
				if tt.want {
					want = []string{receiver + " L"}
				}
				wantLate(t, late, want...)
				if _, routed := l.Routed(message.Conversation{}, []byte("L")); routed != (tt.want && w.pool != nil) {
					t.Errorf("the account of its receipts is known: got %v", routed)
				}
			})
		})
	}
}

// In shared mode an ESME may be gone when the SMSC answers.
func TestLateAnswerESMEGone(t *testing.T) {
	l, late := lateLedger()
	synctest.Test(t, func(t *testing.T) {
		_, esme, smsc := pair(t, setup{ledger: l, inMemory: true}, map[string]Account{"bank": tracked})
		seq := expire(esme, smsc, text(receiver, 2), 1, refusal(text(receiver, 2), smpp.StatusSysErr))[0]
		_ = esme.Conn.Close()
		smsc.Send(accepted(seq, "L"))
		wantLate(t, late, receiver+" L")
	})
}

// Each receiver of a submit_multi has a message of its own, which is recorded when it is accepted.
func TestLateAnswerToMulti(t *testing.T) {
	l, late := lateLedger()
	inBothModes(t, setup{ledger: l, inMemory: true}, splitting, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(toAll(2, three...))
		var seqs []uint32
		for range three {
			seqs = append(seqs, smsc.Next("part").Seq())
		}
		smsc.Send(accepted(seqs[1], "B"))
		if f := esme.Next("submit_multi_resp"); f.Status() != smpp.StatusOK || string(smpp.MessageID(f)) != "B" {
			t.Errorf("got % x, want the second receiver reached", []byte(f))
		}
		smsc.Send(accepted(seqs[2], "C"), accepted(seqs[0], "A"))
		wantLate(t, late, three[2]+" C", three[0]+" A")
	})
}

// inTwoParts is a submit_sm that becomes two parts.
func inTwoParts(seq uint32) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number(receiver),
		TLVs: smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(strings.Repeat("0123456789", 20))),
	}.Append(nil, pdu.SubmitSMID, seq)
}

// Of a message that the gateway split, the parts that are accepted late are taken back like the others. If
// the SMSC cancels none of them, the receiver has the message: it is recorded.
func TestLateAnswerToParts(t *testing.T) {
	const refused, gone = smpp.StatusCancelFailed, smpp.StatusOK
	for _, tt := range []struct {
		name     string
		inTime   bool // the first part is answered in time
		late     int  // parts that are accepted late
		cancels  []pdu.Status
		recorded bool
	}{
		{"the second part, all cancelled", true, 1, []pdu.Status{gone, gone}, false},
		{"the second part, one cancelled", true, 1, []pdu.Status{refused, gone}, false},
		{"the second part, none cancelled", true, 1, []pdu.Status{refused, refused}, true},
		{"both parts, none cancelled", false, 2, []pdu.Status{refused, refused}, true},
		{"one of both parts, not cancelled", false, 1, []pdu.Status{refused}, false},
		{"no part", true, 0, []pdu.Status{refused}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, late := lateLedger()
			inBothModes(t, setup{ledger: l, inMemory: true}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				m := inTwoParts(2)
				esme.Send(m)
				seqs := []uint32{smsc.Next("part").Seq(), smsc.Next("part").Seq()}
				cancel := func() {
					f := smsc.Next("cancel_sm")
					if f.ID() != pdu.CancelSMID {
						t.Fatalf("got % x, want cancel_sm", []byte(f))
					}
					smsc.Send(testpeer.Frame(pdu.CancelSMRespID, tt.cancels[0], f.Seq(), ""))
					tt.cancels = append(tt.cancels[1:], tt.cancels[0])
				}
				if tt.inTime {
					smsc.Send(accepted(seqs[0], "1"))
				}
				esme.Want("submit_sm_resp", refusal(m, smpp.StatusSysErr))
				if tt.inTime {
					cancel()
				}
				for n := 2 - tt.late; n < 2; n++ {
					smsc.Send(accepted(seqs[n], fmt.Sprint(n+1)))
					cancel()
				}
				submitted(esme, smsc, 3, "A") // behind the answer to the cancel_sm
				var want []string
				if tt.recorded {
					want = []string{receiver + " 1"}
				}
				wantLate(t, late, want...)
			})
		})
	}
}
