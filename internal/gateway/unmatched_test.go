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

// recording returns a ledger that tells the message_ids of the messages it records.
func recording() (fakeLedger, chan string) {
	ids := make(chan string, 1000)
	l := remembering()
	l.accept = func(_ *ledger.Sent, id []byte, w ledger.Waiter, token uint64) {
		ids <- string(id)
		w.Logged(token)
	}
	return l, ids
}

// tracked is the account whose messages all have numbers.
var tracked = Account{Policy: numbering.Policy{When: numbering.All}}

// A response of the SMSC with another command answers nothing: it is passed on, and the request stays
// open until its own response comes.
func TestWrongCommandOfSMSC(t *testing.T) {
	l, ids := recording()
	inBothModes(t, setup{ledger: l}, tracked, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for i, wrong := range []pdu.ID{
			pdu.QuerySMRespID, pdu.DataSMRespID, pdu.SubmitMultiRespID, pdu.EnquireLinkRespID,
			pdu.BindTransceiverRespID, pdu.UnbindRespID, pdu.DeliverSMRespID, 0x80010201,
		} {
			seq := uint32(i + 2)
			esme.Send(text(receiver, seq))
			smsc.Next("submit_sm")
			f := testpeer.Frame(wrong, 0, seq, "WRONG\x00")
			smsc.Send(f, accepted(seq, "A"))
			esme.Want("the other response", f)
			esme.Want("submit_sm_resp", accepted(seq, "A"))
			if got := testpeer.Receive(t, "record", ids); got != "A" {
				t.Errorf("after %s: recorded %q, want A", smpp.Command(wrong), got)
			}
		}
		log.want(t, "response matches no request", "from=smsc", "command=query_sm_resp")
		if got := w.count("readback_unmatched_responses_total", "from=smsc"); got != 8 {
			t.Errorf("counted: got %v, want 8", got)
		}
	})
}

// The ESME sees its own sequence_number, under whichever its request goes.
func TestWrongCommandRenumbered(t *testing.T) {
	inBothModes(t, setup{}, tracked, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(text(receiver, 5), text(receiver, 5))
		smsc.Next("first")
		own := smsc.Next("second").Seq()
		smsc.Send(testpeer.Frame(pdu.QuerySMRespID, 0, own, "?"), accepted(own, "B"), accepted(5, "A"))
		esme.Want("the other response", testpeer.Frame(pdu.QuerySMRespID, 0, 5, "?"))
		esme.Want("second", accepted(5, "B"))
		esme.Want("first", accepted(5, "A"))
	})
}

// A response that comes again is not passed on while the ESME could take it for that to another
// request, to which it gave the same number.
func TestRepeatedResponse(t *testing.T) {
	l, ids := recording()
	w := serve(t, setup{ledger: l, policy: tracked.Policy})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(text(receiver, 5), text(receiver, 5))
	smsc.Next("first")
	own := smsc.Next("second").Seq()
	smsc.Send(accepted(5, "A"), accepted(5, "A"), accepted(own, "B"), accepted(own, "B"), accepted(5, "A"))
	for _, id := range []string{"A", "B", "A"} { // the last one when no request has its number
		esme.Want("submit_sm_resp", accepted(5, id))
	}
	esme.Send(text(receiver, 6))
	smsc.Next("third")
	smsc.Send(accepted(6, "C"))
	esme.Want("third", accepted(6, "C"))
	for _, want := range []string{"A", "B", "C"} {
		if got := testpeer.Receive(t, "record", ids); got != want {
			t.Errorf("recorded %q, want %q", got, want)
		}
	}
}

// To a submit_multi that went on as several submit_sm, no response of the SMSC's is an answer.
func TestWrongCommandOfGroup(t *testing.T) {
	inBothModes(t, setup{}, splitting, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(toAll(7, receiver, "447700900124"))
		first, second := smsc.Next("first").Seq(), smsc.Next("second").Seq()
		smsc.Send(testpeer.Frame(pdu.SubmitMultiRespID, 0, first, "X\x00\x00"), accepted(first, "A"), accepted(second, "B"))
		esme.Want("submit_multi_resp", testpeer.Frame(pdu.SubmitMultiRespID, 0, 7, "A\x00\x00"))
	})
}

// A response of the ESME's with another command is passed on to the SMSC, which still gets the answer.
func TestWrongCommandOfESME(t *testing.T) {
	l := remembering()
	l.routes.Store("A", "bank")
	inBothModes(t, setup{ledger: l}, Account{}, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		f := deliverFrame("10690001", 4, "id:A stat:DELIVRD", "", 7)
		smsc.Send(f)
		esme.Want("deliver_sm", f)
		wrong := testpeer.Frame(pdu.DataSMRespID, 0, 7, "\x00")
		esme.Send(wrong, delivered(7))
		smsc.Want("the other response", wrong)
		smsc.Want("deliver_sm_resp", delivered(7))
		log.want(t, "response matches no request", "from=esme", "command=data_sm_resp")
		if got := w.count("readback_unmatched_responses_total", "from=esme"); got != 1 {
			t.Errorf("counted: got %v, want 1", got)
		}
	})
}

// A response with another command is no answer to feedback, nor is a generic_nack that accepts it. The
// SMSC sees nothing of either.
func TestWrongCommandForFeedback(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer pdu.ID
		open   bool
	}{{"submit_sm_resp", pdu.SubmitSMRespID, true}, {"generic_nack", pdu.GenericNACKID, false}} {
		t.Run(tt.name, func(t *testing.T) {
			deliverFeedback, tellers := telling()
			w := serve(t, setup{deliver: deliverFeedback})
			esme, smsc := w.bind(simulator.Bind{})
			outcome := told(t, testpeer.Receive(t, "feedback of the session", tellers))
			f := esme.Next("feedback")
			esme.Send(testpeer.Frame(tt.answer, 0, f.Seq(), "\x00"), text(receiver, 2))
			smsc.Want("behind it", text(receiver, 2))
			if tt.open {
				esme.Send(delivered(f.Seq()))
			}
			if err := testpeer.Receive(t, "outcome", outcome); (err == nil) != tt.open {
				t.Errorf("got %v, want success %v", err, tt.open)
			}
		})
	}
}

// A peer whose responses all match nothing does not fill the log.
func TestUnmatchedLogIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := make(logged, 1000)
		p := pipe(t, fakeLedger{}, func(o *Options) { o.Logger = log.logger() })
		lines := func() (n int) {
			for ; len(log) > 0; n++ {
				<-log
			}
			return n
		}
		lines()
		for range 2 {
			for range 100 {
				p.smsc.Send(accepted(99, "X"))
				p.esme.Want("submit_sm_resp", accepted(99, "X"))
			}
			if got := lines(); got != 1 {
				t.Errorf("got %d lines, want 1", got)
			}
			time.Sleep(unmatchedLogs)
		}
	})
}

// A response that answers nothing passes under any number but those that the gateway gave on that side.
func TestUnmatchedHighNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe(t, fakeLedger{}, func(o *Options) { o.SMSCEnquireLink, o.ESMEEnquireLink = time.Minute, time.Minute })
		high := []uint32{smpp.OwnSeq, smpp.OwnSeq + 1, smpp.OwnSeq + 7, smpp.MaxSeq, smpp.MaxSeq + 1, 0xFFFFFFFF}
		check := func(given uint32) {
			t.Helper()
			for _, seq := range append(high, 3) {
				toESME, toSMSC := accepted(seq, "X"), delivered(seq)
				p.smsc.Send(toESME)
				p.esme.Send(toSMSC)
				if seq >= smpp.OwnSeq && seq < smpp.OwnSeq+given {
					continue
				}
				p.esme.Want("response of the SMSC", toESME)
				p.smsc.Want("response of the ESME", toSMSC)
			}
		}
		check(0)
		for n := range uint32(2) { // the gateway asks both whether they are there
			alive := testpeer.Frame(pdu.EnquireLinkID, 0, smpp.OwnSeq+n, "")
			p.esme.Want("enquire_link", alive)
			p.smsc.Want("enquire_link", alive)
			answer := testpeer.Frame(pdu.EnquireLinkRespID, 0, smpp.OwnSeq+n, "")
			p.esme.Send(answer)
			p.smsc.Send(answer)
			check(n + 1)
		}
	})
}

// Whatever the gateway sends of its own has a number that it has not used before on that side.
func TestOwnNumbersGoUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe(t, splittingLedger(), func(o *Options) {
			o.Policies.Default, o.SMSCEnquireLink = Account{Policy: numbering.Policy{When: numbering.All, Overflow: numbering.SplitNoRoom, SplitMulti: true}}, time.Second
		})
		own := uint32(smpp.OwnSeq - 1)
		next := func(what string, answer func(f smpp.Frame) smpp.Frame) {
			t.Helper()
			f := p.smsc.Next(what)
			if f.Seq() >= smpp.OwnSeq {
				if f.Seq() != own+1 {
					t.Fatalf("%s: got number %#x behind %#x", what, f.Seq(), own)
				}
				own = f.Seq()
			}
			p.smsc.Send(answer(f))
		}
		ok := func(f smpp.Frame) smpp.Frame { return testpeer.Frame(smpp.ResponseID(f.ID()), 0, f.Seq(), "A\x00") }
		for seq := uint32(2); seq < 8; seq += 2 {
			p.esme.Send(long(seq, 1))
			for range 2 {
				next("part", ok)
			}
			next("part that is refused", func(f smpp.Frame) smpp.Frame { return testpeer.Frame(pdu.SubmitSMRespID, 0x45, f.Seq(), "") })
			p.esme.Next("submit_sm_resp")
			for range 2 {
				next("cancel_sm", ok)
			}
			p.esme.Send(toAll(seq+1, receiver, "447700900124", "447700900125"))
			for range 3 {
				next("submit_sm for one receiver", ok)
			}
			p.esme.Next("submit_multi_resp")
			next("enquire_link", func(f smpp.Frame) smpp.Frame { return testpeer.Frame(pdu.EnquireLinkRespID, 0, f.Seq(), "") })
		}
		if want := uint32(smpp.OwnSeq + 3*(2+2+2+1) - 1); own != want {
			t.Errorf("last number: got %#x, want %#x", own, want)
		}
	})
}

// Of the messages that a submit_multi becomes only the first has its number.
func TestMultiNumbers(t *testing.T) {
	up := &fakeUpstream{}
	l, _ := offline(t, fakeLedger{}, splitting, up)
	l.ask(t, toAll(7, receiver, "447700900124", "447700900125"))
	for i, f := range up.sent {
		if got, want := f.Seq(), []uint32{7, smpp.OwnSeq, smpp.OwnSeq}[i]; got != want {
			t.Errorf("message %d: got number %#x, want %#x", i, got, want)
		}
	}
}
