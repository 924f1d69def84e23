package gateway

import (
	"sync/atomic"
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

// backlog is a reason for which the messages of an ESME wait, from the second one on.
type backlog struct {
	name    string
	account Account
	options func(*Options)
	full    bool // the SMSC's window is, so that other requests wait as well
}

var backlogs = []backlog{
	{name: "rate", account: Account{Limits: account.Limits{Rate: 1}}},
	{name: "rate of the parts", account: Account{Policy: splitNoRoom.Policy, Limits: account.Limits{Rate: 1, Burst: 2}}},
	{name: "window of the account", account: Account{Limits: account.Limits{Window: 1}}},
	{name: "window of the SMSC", options: func(o *Options) { o.Window = 1 }, full: true},
	{name: "ledger", account: tracked},
}

// messages returns those of which all but the first wait.
func (b *backlog) messages() (frames [][]byte) {
	for seq := uint32(2); seq < 14; seq++ {
		f := text(receiver, seq)
		if seq == 3 && b.account.Overflow == numbering.SplitNoRoom {
			f = long(seq, 0) // its parts do
		}
		frames = append(frames, f)
	}
	return frames
}

// While messages of an ESME wait, whatever is no message passes at once in both directions. Then all
// messages go on in their order.
func TestBacklog(t *testing.T) {
	for _, tt := range backlogs {
		t.Run(tt.name, func(t *testing.T) {
			l := remembering()
			l.routes.Store("A", "bank")
			s := setup{ledger: l, options: tt.options, inMemory: true}
			tt.account.Addresses = []account.AddressRange{{Low: "10690001", High: "10690001"}}
			inBothModes(t, s, tt.account, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				let, assigned := make(chan struct{}), 0
				l.assign = func(s *ledger.Sent) error {
					if assigned++; assigned == 2 && tt.name == "ledger" {
						s.Waiting()
						<-let
					}
					s.Number = 1
					return nil
				}
				w.ledger, w.intercept.Ledger = l, l
				deliverFeedback, tellers := telling()
				w.opt.Deliver = deliverFeedback
				esme, smsc := join()
				teller := testpeer.Receive(t, "feedback of the session", tellers)
				esme.Send(tt.messages()...)
				first := smsc.Next("first message")
				overtake(t, esme, smsc, told(t, teller), tt.full)
				smsc.Send(accepted(first.Seq(), "A"))
				answerEvery(smsc)
				close(let)
				queries, seq := 0, uint32(2)
				for seq < 14 || tt.full && queries == 0 {
					switch f := esme.Next("response"); {
					case f.ID() == pdu.QuerySMRespID && f.Status() == smpp.StatusOK:
						queries++
					case f.ID() == pdu.SubmitSMRespID && f.Status() == smpp.StatusOK && f.Seq() == seq:
						seq++
					default:
						t.Fatalf("got % x, want the answer to message %d", []byte(f), seq)
					}
				}
			})
		})
	}
}

// answerEvery answers whatever the gateway asks of the SMSC, until the end of the session, and counts the
// messages.
func answerEvery(smsc *testpeer.Peer) *atomic.Int32 {
	messages := new(atomic.Int32)
	go func() {
		for f, err := smsc.In.Next(); err == nil; f, err = smsc.In.Next() {
			if f.ID() == pdu.SubmitSMID {
				messages.Add(1)
			}
			if !smpp.IsResponse(f.ID()) {
				_, _ = smsc.Conn.Write(testpeer.Frame(smpp.ResponseID(f.ID()), 0, f.Seq(), "A\x00"))
			}
		}
	}()
	return messages
}

// overtake checks that what is no message passes at once.
func overtake(t *testing.T, esme, smsc *testpeer.Peer, feedback <-chan error, full bool) {
	t.Helper()
	begin := time.Now()
	for _, p := range []*testpeer.Peer{esme, smsc} {
		p.Send(testpeer.Frame(pdu.EnquireLinkID, 0, 40, ""))
	}
	f := esme.Next("feedback")
	if f.ID() == pdu.DeliverSMID {
		esme.Send(delivered(f.Seq()))
		f = esme.Next("enquire_link_resp")
	} else {
		esme.Send(delivered(esme.Next("feedback").Seq()))
	}
	if f.ID() != pdu.EnquireLinkRespID {
		t.Errorf("got % x, want enquire_link_resp", []byte(f))
	}
	if err := testpeer.Receive(t, "outcome of the feedback", feedback); err != nil {
		t.Errorf("feedback: got %v, want it delivered", err)
	}
	smsc.Want("enquire_link_resp", testpeer.Frame(pdu.EnquireLinkRespID, 0, 40, ""))
	takes(esme, smsc, deliverFrame("10690001", 0, "Hello", "", 41))
	esme.Send(query(42), testpeer.Frame(pdu.EnquireLinkID, 0, 43, ""))
	if !full {
		smsc.Want("query_sm", query(42))
		smsc.Send(testpeer.Frame(pdu.QuerySMRespID, 0, 42, "A\x00\x00\x02\x00"))
		esme.Next("one answer")
	}
	esme.Next("the other answer")
	if took := time.Since(begin); took != 0 {
		t.Errorf("it took %v, want no time", took)
	}
}

// Before an unbind the messages that wait for their rate are refused. Those that wait for the SMSC or for
// the account's window go on first.
func TestUnbindOvertakes(t *testing.T) {
	for _, tt := range backlogs {
		if tt.name == "ledger" {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			inBothModes(t, setup{options: tt.options, inMemory: true}, tt.account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				begin := time.Now()
				esme.Send(tt.messages()...)
				esme.Send(testpeer.Frame(pdu.UnbindID, 0, 99, ""))
				passed := answerEvery(smsc)
				refused := 0
				f := esme.Next("submit_sm_resp")
				for ; f.ID() == pdu.SubmitSMRespID; f = esme.Next("submit_sm_resp or unbind_resp") {
					if f.Status() == smpp.StatusThrottled {
						refused++
					}
				}
				if f.ID() != pdu.UnbindRespID || f.Seq() != 99 {
					t.Errorf("got % x, want unbind_resp", []byte(f))
				}
				esme.WantEnd()
				synctest.Wait() // until the SMSC has the last one
				if paced := tt.account.Rate > 0; paced && refused < 10 || !paced && passed.Load() != 12 {
					t.Errorf("%d messages were refused, and %d passed on", refused, passed.Load())
				}
				if took := time.Since(begin); took != 0 {
					t.Errorf("it took %v, want no time", took)
				}
			})
		})
	}
}

// What an ESME that leaves has sent goes on if it waits for the SMSC only.
func TestLeaveWithBacklog(t *testing.T) {
	for _, tt := range backlogs {
		if tt.name == "ledger" {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pipe(t, fakeLedger{}, func(o *Options) {
					o.Policies.Default = tt.account
					if tt.options != nil {
						tt.options(o)
					}
				})
				begin := time.Now()
				p.esme.Send(tt.messages()...)
				synctest.Wait() // until all are held
				_ = p.esme.Conn.Close()
				passed := 0
				for f := p.smsc.Next("message"); f.ID() != pdu.UnbindID; f = p.smsc.Next("message or unbind") {
					passed++
					p.smsc.Send(testpeer.Frame(smpp.ResponseID(f.ID()), 0, f.Seq(), "A\x00"))
				}
				if paced := tt.account.Rate > 0; paced && passed > 2 || !paced && passed != 12 {
					t.Errorf("%d messages went on", passed)
				}
				if took := time.Since(begin); took != 0 {
					t.Errorf("it took %v, want no time", took)
				}
			})
		})
	}
}

// An SMSC that does not answer keeps the link of an ESME that has left no longer than a lost answer would.
func TestLeaveWithBacklogUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe(t, fakeLedger{}, func(o *Options) { o.Window, o.SMSCEnquireLink = 1, time.Hour })
		begin := time.Now()
		p.esme.Send(new(backlog).messages()...)
		synctest.Wait()
		_ = p.esme.Conn.Close()
		p.smsc.ReadOn()
		<-p.ended
		if took, most := time.Since(begin), p.g.patience()+2*p.g.opt.ResponseTimeout+smpp.UnbindTime; took > most {
			t.Errorf("the link ended after %v, want %v at most", took, most)
		}
	})
}

// What is held when the gateway stops is refused.
func TestStopWithBacklog(t *testing.T) {
	for _, tt := range backlogs[:3] {
		synctest.Test(t, func(t *testing.T) {
			p := pipe(t, fakeLedger{}, func(o *Options) { o.Policies.Default = tt.account })
			p.esme.Send(tt.messages()...)
			answerEvery(p.smsc)
			synctest.Wait()
			p.stop()
			refused := 0
			for f := p.esme.Next("submit_sm_resp"); f.ID() != pdu.UnbindID; f = p.esme.Next("submit_sm_resp or unbind") {
				if f.Status() == smpp.StatusThrottled {
					refused++
				}
			}
			if tt.account.Rate > 0 && refused < 10 {
				t.Errorf("%s: %d messages were refused", tt.name, refused)
			}
		})
	}
}
