package gateway

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/numbering"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// The amount held is bounded. More is refused when the oldest has waited for long, and what is behind it
// is read all the same.
func TestBacklogIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name   string
		length int // of a text
		most   int
	}{{"number", 10, maxHeld}, {"octets", 1000, maxHeldOctets / 1000}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pipe(t, fakeLedger{}, func(o *Options) { o.Policies.Default = Account{Limits: account.Limits{Rate: 0.001, Burst: 1}} })
				const n = maxHeld + 1000
				go func() {
					for seq := range uint32(n) {
						_, _ = p.esme.Conn.Write(testpeer.Frame(pdu.SubmitSMID, 0, seq, string(make([]byte, tt.length))))
					}
					_, _ = p.esme.Conn.Write(testpeer.Frame(pdu.EnquireLinkID, 0, n, ""))
				}()
				answerEvery(p.smsc)
				begin, refused := time.Now(), 0
				p.esme.Next("first")
				for f := p.esme.Next("refusal"); f.ID() != pdu.EnquireLinkRespID; f = p.esme.Next("refusal or enquire_link_resp") {
					if f.Status() != smpp.StatusThrottled {
						t.Fatalf("got % x, want ESME_RTHROTTLED", []byte(f))
					}
					refused++
				}
				if got, want := time.Since(begin), p.g.opt.ResponseTimeout/2; got != want {
					t.Errorf("reading stopped for %v, want %v", got, want)
				}
				if held := n - refused - 1; held > tt.most+1 || held < tt.most*9/10 {
					t.Errorf("held %d, want %d at most", held, tt.most)
				}
			})
		})
	}
}

// A panic while messages are held ends the link, and nothing waits for them.
func TestPanicWithBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, n := fakeLedger{}, 0
		l.assign = func(s *ledger.Sent) error {
			if n++; n == 2 {
				plantedPanic()
			}
			return nil
		}
		p := pipe(t, l, func(o *Options) {
			o.Policies.Default = Account{Policy: numbering.Policy{When: numbering.All}, Limits: account.Limits{Rate: 1}}
		})
		p.esme.Send(new(backlog).messages()...)
		p.esme.ReadOn()
		f := p.smsc.Next("submit_sm")
		p.smsc.Send(accepted(f.Seq(), "A"))
		if f := p.smsc.NextAfter("unbind", time.Second); f.ID() != pdu.UnbindID {
			t.Errorf("got % x, want unbind", []byte(f))
		}
		p.smsc.Send(testpeer.Frame(pdu.UnbindRespID, 0, smpp.OwnSeq, ""))
		<-p.ended
	})
}

// What has gone on leaves its place to others, and the metric falls.
func TestHeldOctets(t *testing.T) {
	inBothModes(t, setup{inMemory: true}, Account{Limits: account.Limits{Rate: 10, Burst: 1}}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		answerEvery(smsc)
		const n = 20
		for seq := range uint32(n) {
			esme.Send(testpeer.Frame(pdu.SubmitSMID, 0, seq, string(make([]byte, maxHeldOctets/10))[:60_000]))
			if seq == n/2 {
				synctest.Wait()
				if got := w.count("readback_held_requests", ""); got < 1 || got > n/2 {
					t.Errorf("held: got %v, want %d at most", got, n/2)
				}
				for s := range uint32(n / 2) {
					esme.Want("submit_sm_resp", testpeer.Frame(pdu.SubmitSMRespID, 0, s, "A\x00"))
				}
			}
		}
		for s := uint32(n / 2); s < n; s++ {
			esme.Want("submit_sm_resp", testpeer.Frame(pdu.SubmitSMRespID, 0, s, "A\x00"))
		}
		synctest.Wait()
		if got := w.count("readback_held_requests", ""); got != 0 {
			t.Errorf("held: got %v, want 0", got)
		}
	})
}
