package gateway

import (
	"context"
	"testing"
	"time"

	"readback/internal/testpeer"
	"readback/relay"
	"readback/relay/ledger"
	"readback/smpp"
)

// realLedger is the ledger of a relay that runs until the test ends.
func realLedger(t testing.TB) *ledger.Partition {
	t.Helper()
	opt := relay.DefaultOptions()
	opt.Store, opt.Sync = t.TempDir(), time.Minute // the server's timer races with the making of a stream
	r, err := relay.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := testpeer.Receive(t, "end of the relay", done); err != nil {
			t.Error(err)
		}
	})
	if err := r.WaitReady(testpeer.Within(t)); err != nil {
		t.Fatal(err)
	}
	return r.Ledger()
}

// manyLedger is a real ledger behind the interface that tests give a gateway.
func manyLedger(t testing.TB) fakeLedger {
	l := realLedger(t)
	return fakeLedger{
		concat: l.Concatenate, assign: l.Assign, follow: l.Follow, accept: l.Accept, cut: l.AcceptSplit, refuse: l.Refuse,
		receipt: l.Receipt, partOf: l.PartOf, partIDs: l.PartIDs, merge: l.Merge, route: l.Route, await: l.AwaitRoute,
	}
}

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
