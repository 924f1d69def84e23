package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// skippedAs passes a message of the ESME's, and returns what is remembered of it before and after the SMSC's answer.
func (w *world) skippedAs(esme, smsc *testpeer.Peer, f smpp.Frame) (before, after Skipped) {
	w.t.Helper()
	esme.Send(f)
	sent := smsc.Next("message")
	before = w.Skipped("bank")[0]
	smsc.Send(testpeer.Frame(smpp.ResponseID(f.ID()), 0, sent.Seq(), fmt.Sprint("id", f.Seq(), "\x00")))
	esme.Next("response")
	return before, w.Skipped("bank")[0]
}

// Each kind of message that passes without a number is remembered with its reason and its addresses.
func TestSkipped(t *testing.T) {
	inBothModes(t, setup{}, Account{Policy: numbering.Policy{When: numbering.Requested}}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		binary := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(receiver), DataCoding: 4, UserData: []byte("x"), RegisteredDelivery: smpp.RegisteredReadAck | smpp.RegisteredAnyOutcome}
		plain := simulator.ShortMessage{From: simulator.Number("Bank"), To: simulator.Number(receiver), UserData: []byte("Hello")}
		multi := "\x00\x05\x00Bank\x00\x02" + "\x01\x01\x01" + receiver + "\x00\x01\x01\x01447700900999\x00" + "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x05Hello"
		for _, tt := range []struct {
			name     string
			f        smpp.Frame
			from, to string
			skip     numbering.Skip
			receipt  bool
		}{
			{"binary", binary.Append(nil, pdu.SubmitSMID, 10), "10690001", "+" + receiver, numbering.Binary, true},
			{"not asked for", plain.Append(nil, pdu.SubmitSMID, 11), "Bank", "+" + receiver, numbering.NotRequested, false},
			{"submit_multi", testpeer.Frame(pdu.SubmitMultiID, 0, 12, multi), "Bank", "+" + receiver, numbering.Multi, true},
			{"malformed", testpeer.Frame(pdu.SubmitSMID, 0, 13, "\x00\x01"), "", "", numbering.Malformed, false},
		} {
			got, answered := w.skippedAs(esme, smsc, tt.f)
			if got.Account != "bank" || got.Session == 0 || got.Command != tt.f.ID() || got.Sequence != tt.f.Seq() || got.Skip != tt.skip ||
				got.From != tt.from || got.To != tt.to || got.WantsReceipt != tt.receipt || time.Since(got.Time) > time.Minute {
				t.Errorf("%s: got %+v, want from %q to %q: %s", tt.name, got, tt.from, tt.to, tt.skip)
			}
			if got.Status != "" || answered.Status != "ESME_ROK" || answered.MessageID != fmt.Sprint("id", tt.f.Seq()) || answered.Answered.Before(got.Time) {
				t.Errorf("%s: got the answer %q, %q before it came, and %q, %q after", tt.name, got.Status, got.MessageID, answered.Status, answered.MessageID)
			}
		}
		if all := w.Skipped("shop"); len(all) != 0 {
			t.Errorf("of another account: got %+v", all)
		}
		if all := w.Skipped(""); len(all) != 4 || all[3].Skip != numbering.Binary {
			t.Errorf("of all accounts: got %+v, want four, the oldest last", all)
		}
	})
}

// A numbered message that the SMSC refused is remembered with the status: one in parts that the gateway made, too. Of many
// at once only some are.
func TestRefusedIsRemembered(t *testing.T) {
	l := splittingLedger()
	l.refuse = func(*ledger.Sent) {}
	inBothModes(t, setup{ledger: l.fakeLedger, inMemory: true}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		refused := func(f smpp.Frame, parts int) {
			t.Helper()
			esme.Send(f)
			for range parts {
				smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusSubmitFailed, smsc.Next("submit_sm").Seq(), ""))
			}
			esme.Want("submit_sm_resp", refusal(f, smpp.StatusSubmitFailed))
		}
		for _, tt := range []struct {
			name  string
			f     smpp.Frame
			parts int
		}{{"one", text(receiver, 2), 1}, {"in parts", long(3, 1), 3}} {
			began := time.Now()
			refused(tt.f, tt.parts)
			got := w.Skipped("bank")[0]
			if got.Skip != numbering.Numbered || got.Status != "ESME_RSUBMITFAIL" || got.To != "+"+receiver || got.From == "" || got.Sequence != tt.f.Seq() ||
				got.Command != pdu.SubmitSMID || got.Session == 0 || got.Time.Before(began) {
				t.Errorf("%s: got %+v", tt.name, got)
			}
			time.Sleep(manyEvery)
		}
		for seq := range uint32(5) {
			refused(text(receiver, 4+seq), 1)
		}
		if all := w.Skipped("bank"); len(all) != 3 {
			t.Errorf("of many at once: got %d of all, want 3", len(all))
		}
		submitted(esme, smsc, 20, "A")
		if all := w.Skipped("bank"); len(all) != 3 {
			t.Errorf("with one that was accepted: got %d, want 3", len(all))
		}
	})
}

// What is remembered of an account has a bound, and the newest messages stay.
func TestSkippedIsBounded(t *testing.T) {
	var s skippedMessages
	for n := range uint32(3*keptSkips + 7) {
		s.add(&Skipped{Sequence: n})
	}
	all := s.all()
	seen := make(map[uint32]bool)
	for _, m := range all {
		seen[m.Sequence] = true
	}
	for n := uint32(2*keptSkips + 7); n < 3*keptSkips+7; n++ {
		if !seen[n] {
			t.Errorf("message %d is forgotten", n)
		}
	}
	if len(all) != keptSkips {
		t.Errorf("got %d messages, want %d", len(all), keptSkips)
	}
}

// Messages that did not ask for a number do not push out all others.
func TestSkippedNotRequested(t *testing.T) {
	var s skippedMessages
	at := time.Unix(1795000000, 0)
	var got []string
	for range 25 {
		if s.wants(numbering.NotRequested, at) {
			got = append(got, at.Format("05.000"))
		}
		if !s.wants(numbering.NoRoom, at) {
			t.Error("a message without room is not wanted")
		}
		at = at.Add(10 * time.Millisecond)
	}
	if want := "40.000 40.100 40.200"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
