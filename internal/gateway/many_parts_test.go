package gateway

import (
	"testing"

	"readback/internal/testpeer"
	"readback/smpp"
)

// More messages in parts than the ledger follows in one conversation go on all the same,
// whichever part comes first; each is answered, and the next message gets a number.
func TestManyPartsOpen(t *testing.T) {
	for _, first := range []byte{1, 2} {
		inBothModes(t, setup{ledger: manyLedger(t)}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
			esme, smsc := join()
			seq := uint32(2)
			pass := func(f smpp.Frame) (sent smpp.Frame) {
				t.Helper()
				f.SetSeq(seq)
				esme.Send(f)
				sent = smsc.Next("part")
				smsc.Send(accepted(sent.Seq(), "A"))
				esme.Want("submit_sm_resp", accepted(seq, "A"))
				seq++
				return sent
			}
			for ref := range uint16(40) {
				pass(submitSM(0, 0, "Hello", sarTLVs(ref+1, 2, first)))
			}
			for ref := range uint16(40) {
				pass(submitSM(0, 0, "Hello", sarTLVs(ref+1, 2, 3-first)))
			}
			pass(submitSM(0, 0, "Hello", sarTLVs(99, 2, 2))) // its first part never comes
			before := w.count("readback_submits_total", "skip=numbered")
			pass(text(receiver, 0))
			if got := w.count("readback_submits_total", "skip=numbered"); got != before+1 {
				t.Errorf("numbered: got %v, want %v", got, before+1)
			}
		})
	}
}
