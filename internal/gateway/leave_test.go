package gateway

import (
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/message"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// leaving returns a link whose messages all have numbers, and its ledger's records.
func leaving(t *testing.T) (p piped, ids, late chan string) {
	l, late := lateLedger()
	recorded, ids := recording()
	l.accept = recorded.accept
	return pipe(t, l, func(o *Options) { o.Policies.Default = tracked }), ids, late
}

// way is how an ESME leaves.
type way struct {
	name  string
	leave func(esme *testpeer.Peer)
}

var ways = []way{
	{"closes", func(esme *testpeer.Peer) { _ = esme.Conn.Close() }},
	{"unbinds", func(esme *testpeer.Peer) { esme.Send(testpeer.Frame(pdu.UnbindID, 0, 9, "")) }},
	{"unbinds and closes", func(esme *testpeer.Peer) {
		esme.Send(testpeer.Frame(pdu.UnbindID, 0, 9, ""))
		_ = esme.Conn.Close()
	}},
	{"sends no SMPP", func(esme *testpeer.Peer) {
		esme.ReadOn()
		esme.Send([]byte("\x00\x00\x00\x01"))
	}},
}

// When an ESME leaves, the SMSC is unbound behind the answers to its messages, in time or late.
func TestLeaveBehindAnswers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration // from the message to its answer
		late  bool
	}{{"in time", 5 * time.Second, false}, {"late", 15 * time.Second, true}} {
		for _, way := range ways {
			t.Run(tt.name+", "+way.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, ids, late := leaving(t)
					p.esme.Send(text(receiver, 2))
					p.smsc.Next("submit_sm")
					way.leave(p.esme)
					time.AfterFunc(tt.after, func() { p.smsc.Send(accepted(2, "A")) })
					p.esme.ReadOn()
					if f := p.smsc.NextAfter("unbind", tt.after); f.ID() != pdu.UnbindID {
						t.Fatalf("got % x, want unbind", []byte(f))
					}
					if tt.late {
						wantLate(t, late, receiver+" A")
						return
					}
					if got := testpeer.Receive(t, "record", ids); got != "A" {
						t.Errorf("recorded %q, want A", got)
					}
				})
			})
		}
	}
}

// The wait for answers that do not come ends: some time after response_timeout, or when the gateway has no
// more time to stop.
func TestLeaveUnanswered(t *testing.T) {
	for _, way := range ways {
		for _, stops := range []bool{false, true} {
			t.Run(way.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, _, _ := leaving(t)
					p.esme.Send(text(receiver, 2))
					p.smsc.Next("submit_sm")
					way.leave(p.esme)
					p.esme.ReadOn()
					wait := p.g.opt.ResponseTimeout + lateTime
					if stops {
						p.stop()
						wait = p.g.opt.DrainTimeout
					}
					begin := time.Now()
					if f := p.smsc.Next("unbind"); f.ID() != pdu.UnbindID {
						t.Fatalf("got % x, want unbind", []byte(f))
					}
					if took := time.Since(begin); took < wait || took > wait+smpp.UnbindTime+2*time.Second {
						t.Errorf("unbind: got it after %v, want %v", took, wait)
					}
				})
			})
		}
	}
}

// Nobody waits for an answer that is not recorded.
func TestLeaveUntracked(t *testing.T) {
	for _, way := range ways {
		synctest.Test(t, func(t *testing.T) {
			p := pipe(t, fakeLedger{}, nil)
			p.esme.Send(text(receiver, 2))
			p.smsc.Next("submit_sm")
			way.leave(p.esme)
			p.esme.ReadOn()
			if f := p.smsc.NextAfter("unbind", 0); f.ID() != pdu.UnbindID {
				t.Errorf("%s: got % x, want unbind", way.name, []byte(f))
			}
		})
	}
}

// While an ESME that has left is waited for, the SMSC gets its requests back, and may unbind.
func TestRequestsAfterLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, _ := leaving(t)
		before, unbind := deliverFrame("10690001", 0, "Hello", "", 7), testpeer.Frame(pdu.UnbindID, 0, 8, "")
		p.esme.Send(text(receiver, 2))
		p.smsc.Next("submit_sm")
		p.smsc.Send(before)
		p.esme.Next("deliver_sm")
		_ = p.esme.Conn.Close()
		p.smsc.Want("deliver_sm_resp of the ESME that left", refusal(before, smpp.StatusTempApp))
		p.smsc.Send(before)
		p.smsc.Want("deliver_sm_resp", refusal(before, smpp.StatusTempApp))
		p.smsc.Send(unbind)
		p.smsc.Want("unbind_resp", testpeer.Frame(pdu.UnbindRespID, 0, 8, ""))
		p.smsc.WantEnd()
	})
}

// In shared mode the gateway stops behind the answers to the messages of ESMEs that have left.
func TestStopBehindAnswers(t *testing.T) {
	for _, tt := range []struct {
		name         string
		answers      bool
		after, stops time.Duration // when it is answered, and when the gateway unbinds
	}{
		{"in time", true, 5 * time.Second, 5 * time.Second},
		{"late", true, 15 * time.Second, 15 * time.Second},
		{"never", false, 0, 20 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := lateLedger()
			synctest.Test(t, func(t *testing.T) {
				w, esme, smsc := pair(t, setup{ledger: l, inMemory: true, options: func(o *Options) { o.DrainTimeout = time.Minute }}, map[string]Account{"bank": tracked})
				_ = smsc.Conn.SetDeadline(time.Time{})
				esme.Send(text(receiver, 2))
				f := smsc.Next("submit_sm")
				_ = esme.Conn.Close()
				synctest.Wait()
				w.stop()
				if tt.answers {
					time.AfterFunc(tt.after, func() { smsc.Send(accepted(f.Seq(), "A")) })
				}
				if f := smsc.NextAfter("unbind", tt.stops); f.ID() != pdu.UnbindID {
					t.Fatalf("got % x, want unbind", []byte(f))
				}
				synctest.Wait()
				if _, routed := l.Routed(message.Conversation{}, []byte("A")); routed != tt.answers {
					t.Errorf("recorded: got %v, want %v", routed, tt.answers)
				}
			})
		})
	}
}
