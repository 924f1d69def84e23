package gateway

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

const (
	neverAnswered = "447700909000"
	hangsUp       = "447700909001"
)

// refusing returns a ledger that reports the numbers that were refused.
func refusing(refused chan<- uint16) fakeLedger {
	next := uint16(0)
	return fakeLedger{
		assign: func(s *ledger.Sent) error { next++; s.Number = next; return nil },
		refuse: func(s *ledger.Sent) { refused <- s.Number },
	}
}

// When the SMSC is gone, what it owes is answered in its stead, the ledger is
// told, and the ESME is unbound.
func TestSMSCGone(t *testing.T) {
	tests := []struct {
		name string
		end  func(*simulator.SMSC, *testpeer.Peer)
		owed int
	}{
		{"hangs up", func(_ *simulator.SMSC, esme *testpeer.Peer) { esme.Send(text(hangsUp, 14)) }, 5},
		{"disconnects", func(c *simulator.SMSC, _ *testpeer.Peer) { c.Disconnect("bank") }, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, addr := startSMSC(t, simulator.Options{Keep: 100})
			refused := make(chan uint16, 10)
			w := serve(t, setup{smsc: addr, ledger: refusing(refused), policy: numbering.Policy{When: numbering.All}})
			esme := w.bindESME()
			for seq := range uint32(4) {
				esme.Send(text(neverAnswered, 10+seq))
			}
			if _, err := c.WaitReceived(testpeer.Within(t), 4, pdu.SubmitSMID); err != nil {
				t.Fatal(err)
			}
			tt.end(c, esme)
			answered := make(map[uint32]bool)
			for range tt.owed {
				f := esme.Next("submit_sm_resp")
				if f.ID() != pdu.SubmitSMRespID || f.Status() != smpp.StatusSysErr || len(f) != smpp.HeaderLen || answered[f.Seq()] {
					t.Errorf("got % x, want ESME_RSYSERR once for each message", []byte(f))
				}
				answered[f.Seq()] = true
			}
			numbers := make(map[uint16]bool)
			for range tt.owed {
				numbers[testpeer.Receive(t, "refusal", refused)] = true
			}
			if len(numbers) != tt.owed {
				t.Errorf("refused %v, want %d numbers", numbers, tt.owed)
			}
			esme.Unbind()
		})
	}
}

// While the ESME has not answered that unbind, what it asks for is refused.
func TestRequestAfterSMSCGone(t *testing.T) {
	refused := make(chan uint16, 1)
	w := serve(t, setup{ledger: refusing(refused), policy: numbering.Policy{When: numbering.All}})
	esme, smsc := w.bind(simulator.Bind{})
	_ = smsc.Conn.Close()
	unbind := esme.Next("unbind")
	m := text(receiver, 2)
	esme.Send(m)
	esme.Want("submit_sm_resp", refusal(m, smpp.StatusSysErr))
	testpeer.Receive(t, "refusal", refused)
	esme.Send(testpeer.Frame(pdu.UnbindRespID, 0, unbind.Seq(), ""))
	esme.WantEnd()
}

// A request that is not answered in time is answered in the SMSC's stead; its own
// word stays here when it comes, and goes to no other request.
func TestSMSCSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := make(chan uint16, 1)
		w := serve(t, setup{
			ledger: refusing(refused), policy: numbering.Policy{When: numbering.All}, inMemory: true,
			options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond },
		})
		esme, smsc := w.bind(simulator.Bind{})
		m := text(receiver, 9)
		esme.Send(m)
		if f := smsc.Next("submit_sm"); f.Seq() != 9 {
			t.Errorf("sequence_number: got %d, want 9", f.Seq())
		}
		esme.Want("submit_sm_resp", refusal(m, smpp.StatusSysErr))
		testpeer.Receive(t, "refusal", refused)

		esme.Send(m) // the same number again: the late answer is not for this one
		again := smsc.Next("submit_sm again")
		smsc.Send(accepted(9, "LATE"), accepted(again.Seq(), "B"))
		esme.Want("submit_sm_resp", accepted(9, "B"))
		for name, want := range map[string]float64{"readback_unanswered_total": 1, "readback_late_answers_total": 1} {
			if got := w.count(name, ""); got != want {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
	})
}

// The bind is a request like others, but nothing can follow.
func TestBindUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, setup{inMemory: true, options: func(o *Options) { o.ResponseTimeout = 50 * time.Millisecond }})
		esme := w.connect()
		f := simulator.Bind{SystemID: "bank"}.Append(nil, 1)
		esme.Send(f)
		smsc := w.accept()
		smsc.Want("bind", f)
		esme.Want("bind_resp", refusal(f, smpp.StatusSysErr))
		esme.WantEnd()
		smsc.WantEnd()
	})
}

// An ESME that went leaves messages under way: those that the SMSC still takes are
// recorded. Then it is unbound.
func TestESMEGone(t *testing.T) {
	ids, refused := make(chan string, 10), make(chan uint16, 10)
	l := refusing(refused)
	l.accept = func(_ *ledger.Sent, id []byte, w ledger.Waiter, token uint64) {
		ids <- string(id)
		w.Logged(token)
	}
	w := serve(t, setup{ledger: l, policy: numbering.Policy{When: numbering.All}})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(text(receiver, 2), text(receiver, 3), text(receiver, 4))
	for range 3 {
		smsc.Next("submit_sm")
	}
	_ = esme.Conn.Close()
	smsc.Send(accepted(2, "A"), accepted(3, "B"), refusal(text(receiver, 4), smpp.StatusThrottled))
	for _, want := range []string{"A", "B"} {
		if got := testpeer.Receive(t, "record", ids); got != want {
			t.Errorf("recorded %q, want %q", got, want)
		}
	}
	smsc.Unbind()
	if got := testpeer.Receive(t, "refusal", refused); got != 3 {
		t.Errorf("refused number %d, want 3", got)
	}
}

// What is no SMPP ends its own connection with a word, and no other.
func TestGarbage(t *testing.T) {
	w := serve(t, setup{})
	esme, smsc := w.bind(simulator.Bind{})
	stranger := w.connect()
	stranger.Send([]byte("GET / HTTP/1.1\r\nHost: smsc\r\n\r\n"))
	stranger.Want("generic_nack", testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdLen, 0x2E310D0A, ""))
	stranger.WantEnd()

	m := text(receiver, 2)
	esme.Send(m)
	smsc.Want("submit_sm", m)
	smsc.Send([]byte{0, 0, 0, 15, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 8})
	smsc.Want("generic_nack", testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdLen, 8, ""))
	smsc.WantEnd()
	esme.Want("submit_sm_resp", refusal(m, smpp.StatusSysErr))
	esme.Unbind()
}

// Before the bind only a bind gets anywhere.
func TestBeforeBind(t *testing.T) {
	esme := serve(t, setup{}).connect()
	m := text(receiver, 1)
	esme.Send(m)
	esme.Want("submit_sm_resp", refusal(m, smpp.StatusInvBindState))
	esme.Send(testpeer.Frame(0x00010201, 0, 2, "?"))
	esme.Want("generic_nack", testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, 2, ""))
}
