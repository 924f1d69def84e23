package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// A submit_multi passes whole where it is not to be split, cannot be, or would get
// no number anyway.
func TestSplitNot(t *testing.T) {
	tests := []struct {
		name   string
		policy numbering.Policy
		in     smpp.Frame
		skips  float64
	}{
		{"pass", numbering.Policy{When: numbering.All}, toAll(2, three...), 1},
		{"a distribution list", splitting.Policy, toAll(2, three[0], "staff", three[1]), 1},
		{"nobody", splitting.Policy, toAll(2), 1},
		{"malformed", splitting.Policy, testpeer.Frame(pdu.SubmitMultiID, 0, 2, multiFrom+"\x09"), 1},
		{"not tracked", numbering.Policy{When: numbering.Off, SplitMulti: true}, toAll(2, three...), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBothModes(t, setup{}, Account{Policy: tt.policy}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				esme.Send(tt.in)
				smsc.Want("submit_multi", tt.in)
				smsc.Send(multiResp(0, "A"))
				esme.Want("submit_multi_resp", multiResp(0, "A"))
				if got := w.count("readback_submits_total", "skip=multi"); got != tt.skips {
					t.Errorf("skip multi: got %v, want %v", got, tt.skips)
				}
			})
		})
	}
}

// A submit_multi that no person reads, or that cannot be read, passes whole, too, whatever track.multi and
// track.overflow are.
func TestSplitNoMessage(t *testing.T) {
	all := splitting.Policy
	all.Overflow = numbering.SplitNoRoom
	inBothModes(t, setup{}, Account{Policy: all}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for _, tt := range []struct{ tail, skip string }{
			{"\x05\x01\x00\x01\x02", "not_a_message"},
			{"\x00\x05\x01\x00\x01\x02", "not_a_message"},
			{"\x00\x00", "malformed"},
			{"\x05\x01\x00\x02\x02", "malformed"},
			{string(payload("Howdy")), "malformed"},
		} {
			before := w.count("readback_submits_total", "skip="+tt.skip)
			f := testpeer.Frame(pdu.SubmitMultiID, 0, 2, string(toAll(2, three...).Body())+tt.tail)
			esme.Send(f)
			smsc.Want("submit_multi", f)
			smsc.Send(multiResp(0, "A"))
			esme.Want("submit_multi_resp", multiResp(0, "A"))
			if got := w.count("readback_submits_total", "skip="+tt.skip); got != before+1 {
				t.Errorf("% x: skip %s: got %v, want 1", tt.tail, tt.skip, got-before)
			}
		}
	})
}

// Each receiver counts for the rate, split or not; a list counts as one.
func TestSplitRate(t *testing.T) {
	for _, split := range []bool{true, false} {
		account := Account{Policy: numbering.Policy{When: numbering.All, SplitMulti: split}, Limits: account.Limits{Rate: 0.001, Burst: 4, Reject: true}}
		inBothModes(t, setup{}, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
			esme, _ := join()
			esme.Send(toAll(2, three...), toAll(3, three[0], three[1]), toAll(4, "staff"), toAll(5, "staff"))
			esme.Want("3 and 2 receivers", refusal(toAll(3, three[0]), smpp.StatusThrottled))
			esme.Want("3, a list and a list", refusal(toAll(5, "staff"), smpp.StatusThrottled))
		})
	}
}

// While the gateway stops, the whole of what is under way is answered, and nothing
// new is taken.
func TestSplitDraining(t *testing.T) {
	ledger, records, _ := multiLedger()
	w := serve(t, setup{ledger: ledger, policy: splitting.Policy, options: func(o *Options) { o.DrainTimeout = 2 * testpeer.Patience }})
	esme, smsc := w.bind(simulator.Bind{})
	idle, idleSMSC := w.bind(simulator.Bind{})
	esme.Send(toAll(2, three...))
	seqs := parts(smsc)
	w.stop()
	idle.Unbind() // so this link drains, too, or will in a moment
	idleSMSC.Unbind()
	var written []record
	for _, seq := range seqs {
		smsc.Send(accepted(seq, "A"))
		written = append(written, testpeer.Receive(t, "record", records))
	}
	esme.WantNothing()
	for _, r := range written {
		r.logged()
	}
	esme.Want("submit_multi_resp", multiResp(0, "A"))
	esme.Unbind()
	smsc.Unbind()
}
