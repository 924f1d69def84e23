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
		binary := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(receiver), DataCoding: 4, UserData: []byte("x"), RegisteredDelivery: smpp.RegisteredReadAck}
		plain := simulator.ShortMessage{From: simulator.Number("Bank"), To: simulator.Number(receiver), UserData: []byte("Hello")}
		multi := "\x00\x05\x00Bank\x00\x02" + "\x01\x01\x01" + receiver + "\x00\x01\x01\x01447700900999\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05Hello"
		for _, tt := range []struct {
			name     string
			f        smpp.Frame
			from, to string
			skip     numbering.Skip
		}{
			{"binary", binary.Append(nil, pdu.SubmitSMID, 10), "10690001", "+" + receiver, numbering.Binary},
			{"not asked for", plain.Append(nil, pdu.SubmitSMID, 11), "Bank", "+" + receiver, numbering.NotRequested},
			{"submit_multi", testpeer.Frame(pdu.SubmitMultiID, 0, 12, multi), "Bank", "+" + receiver, numbering.Multi},
			{"malformed", testpeer.Frame(pdu.SubmitSMID, 0, 13, "\x00\x01"), "", "", numbering.Malformed},
		} {
			got, answered := w.skippedAs(esme, smsc, tt.f)
			if got.Account != "bank" || got.Session == 0 || got.Command != tt.f.ID() || got.Sequence != tt.f.Seq() || got.Skip != tt.skip ||
				got.From != tt.from || got.To != tt.to || time.Since(got.Time) > time.Minute {
				t.Errorf("%s: got %+v, want from %q to %q: %s", tt.name, got, tt.from, tt.to, tt.skip)
			}
			if got.Status != "" || answered.Status != "ESME_ROK" || answered.MessageID != fmt.Sprint("id", tt.f.Seq()) {
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
