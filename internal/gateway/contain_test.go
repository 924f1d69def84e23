package gateway

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
)

// plantedPanic is a function of this name, to be found in a stack.
func plantedPanic() { panic("planted") }

// planted is a place where a panic is planted, and what brings it about.
type planted struct {
	name    string
	ledger  func(*fakeLedger)
	options func(*Options)
	account Account
	cause   func(esme, smsc *testpeer.Peer)
	bind    bool // the SMSC's PDU ends no link in shared mode: the bind is everybody's
}

var plants = []planted{
	{
		name:   "a message gets its number",
		ledger: func(l *fakeLedger) { l.assign = func(*ledger.Sent) error { plantedPanic(); return nil } },
		cause:  func(esme, _ *testpeer.Peer) { esme.Send(text(receiver, 2)) },
	},
	{
		name: "the SMSC refuses a message",
		ledger: func(l *fakeLedger) {
			var calls atomic.Int32 // the link gives the number back, then
			l.refuse = func(*ledger.Sent) {
				if calls.Add(1)%2 == 1 {
					plantedPanic()
				}
			}
		},
		cause: func(esme, smsc *testpeer.Peer) {
			esme.Send(text(receiver, 2))
			f := smsc.Next("submit_sm")
			smsc.Send(smpp.AppendRefusal(nil, f.ID(), smpp.StatusQueueFull, f.Seq()))
		},
	},
	{
		name: "a read response of the ESME's",
		options: func(o *Options) {
			o.Acks = func(context.Context, reads.Read) message.Verdict { plantedPanic(); return message.Verdict{} }
		},
		account: Account{MayRead: []account.AddressRange{{Low: "4477009", High: "4477009", Prefix: true}}},
		cause: func(esme, _ *testpeer.Peer) {
			f := ack(0x08, receiver, ackText)
			f.SetSeq(2)
			esme.Send(f)
		},
	},
	{
		name: "a read response of a subscriber's",
		options: func(o *Options) {
			o.Reads = func(context.Context, reads.Read) message.Verdict { plantedPanic(); return message.Verdict{} }
		},
		account: readingBank,
		cause: func(_, smsc *testpeer.Peer) {
			smsc.Send(fromSubscriber(7, smpp.ESMClassUDHI, 0, "\x05\x81\x03\x00\x11\x01"))
		},
		bind: true,
	},
	{
		name: "a receipt passes",
		ledger: func(l *fakeLedger) {
			l.partOf = func(string, message.Conversation, []byte) (journal.SplitPart, bool) {
				plantedPanic()
				return journal.SplitPart{}, false
			}
		},
		account: readingBank,
		cause:   func(_, smsc *testpeer.Peer) { smsc.Send(partReceiptOf("A", "DELIVRD", "000", 2, 7)) },
		bind:    true,
	},
}

// A panic in one link ends that link: it is counted, its stack is logged, and another link of
// the same account goes on.
func TestPanicEndsItsLink(t *testing.T) {
	for _, tt := range plants {
		t.Run(tt.name, func(t *testing.T) {
			ledger := remembering()
			ledger.routes.Store("A", "bank") // of query
			s := setup{ledger: ledger, options: tt.options}
			if tt.ledger != nil {
				tt.ledger(&s.ledger)
			}
			tt.account.When = numbering.All
			inBothModes(t, s, tt.account, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
				before := w.count("readback_panics_total", "")
				esme, smsc := join()
				other, otherSMSC := join()
				tt.cause(esme, smsc)
				switch shared := smsc == otherSMSC; {
				case !tt.bind || !shared:
					esme.ReadToEnd()
				default:
					f := smsc.Next("answer to the SMSC")
					if f.ID() != pdu.DeliverSMRespID || f.Status() != smpp.StatusTempApp {
						t.Errorf("answer to the SMSC: got % x, want deliver_sm_resp with ESME_RX_T_APPN", []byte(f))
					}
				}
				log.want(t, "level=ERROR", "panic", "stack=", "contain_test.go")
				w.await("panic counted", func() bool { return w.count("readback_panics_total", "") == before+1 })
				q := query(9)
				other.Send(q)
				for f := otherSMSC.Next("query_sm of the other link"); !bytes.Equal(f, q); {
					f = otherSMSC.Next("query_sm of the other link") // behind what went before
				}
			})
		})
	}
}

// A panic before the bind ends that connection.
func TestPanicAtBind(t *testing.T) {
	w := serve(t, setup{options: func(o *Options) {
		o.Policies.Accounts = map[string]Account{"bank": {Allow: func(net.Addr) bool { plantedPanic(); return true }}}
	}})
	esme := w.connect()
	esme.Send(simulator.Bind{SystemID: "bank"}.Append(nil, 1))
	esme.ReadToEnd()
	w.bind(simulator.Bind{SystemID: "shop"})
	w.await("panic counted", func() bool { return w.count("readback_panics_total", "") == 1 })
}

// A feedback that panics becomes a dead letter: it would end every session that it is given to.
func TestPanicInFeedback(t *testing.T) {
	errs := make(chan error, 1)
	w := serve(t, setup{deliver: func(ctx context.Context, account string, _ message.Session, tell message.Teller) error {
		if account == "bank" {
			errs <- tell(ctx, nil) // which no deliver_sm can be made of
		}
		<-ctx.Done()
		return nil
	}})
	esme, _ := w.bind(simulator.Bind{})
	if err := testpeer.Receive(t, "outcome of the feedback", errs); !message.IsPermanent(err) {
		t.Errorf("outcome: got %v, want a permanent error", err)
	}
	esme.ReadToEnd()
	w.bind(simulator.Bind{SystemID: "shop"})
}

// What a link has taken of the ledger when it panics is given back: other links of the account
// send in the same conversations.
func TestPanicGivesBack(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(w *world)
		send    smpp.Frame
		answers int // of the SMSC
	}{
		{"between number and SMSC", func(w *world) { w.metrics.submits.account("bank").skips = nil }, text(receiver, 2), 0},
		{"between number and SMSC, in parts", func(w *world) { w.metrics.submits.account("bank").skips = nil }, long(2, 0), 0},
		{"at the answer to the last part", nil, long(2, 0), 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := splittingLedger()
			l.cut = func(*ledger.Sent, ledger.Split, ledger.Waiter, uint64) { plantedPanic() }
			inBothModes(t, setup{ledger: l.fakeLedger}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				if tt.prepare != nil {
					tt.prepare(w)
				}
				esme.Send(tt.send)
				for range tt.answers {
					smsc.Send(accepted(smsc.Next("part").Seq(), "A"))
				}
				for range tt.answers { // in each mode the SMSC must not keep what it has accepted
					f := smsc.Next("cancel_sm")
					if f.ID() != pdu.CancelSMID {
						t.Fatalf("got % x, want cancel_sm", []byte(f))
					}
					smsc.Send(testpeer.Frame(pdu.CancelSMRespID, 0, f.Seq(), ""))
				}
				esme.ReadToEnd()
				testpeer.Receive(t, "number given back", l.refused)
				w.await("nothing in transit", func() bool { return w.receipts.InTransit() == 0 })
			})
		})
	}
}
