package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// takesFirst takes the first part, and cancels.
func takesFirst(_ int, f smpp.Frame) pdu.Status {
	if f.ID() == pdu.CancelSMID || what(f) == "part 1" {
		return smpp.StatusOK
	}
	return throttledStatus
}

// A message that waits ends with its link: what the SMSC has accepted is cancelled while it can be.
func TestSentAgainEnds(t *testing.T) {
	for _, tt := range []struct {
		name      string
		end       func(w *world, esme, smsc *testpeer.Peer)
		answered  bool
		cancelled bool
	}{
		{"the ESME closes", func(_ *world, esme, _ *testpeer.Peer) { _ = esme.Conn.Close() }, false, true},
		{"the ESME unbinds", func(_ *world, esme, _ *testpeer.Peer) { esme.Send(testpeer.Frame(pdu.UnbindID, 0, 3, "")) }, true, true},
		{"the gateway stops", func(w *world, _, _ *testpeer.Peer) { w.stop() }, true, true},
		{"the SMSC closes", func(_ *world, _, smsc *testpeer.Peer) { _ = smsc.Conn.Close() }, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, ids := askedAgain()
			inBothModes(t, s, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				if w.pool != nil && tt.name == "the SMSC closes" {
					return // the message waits for another bind
				}
				*ids = nil
				esme, smsc := join()
				timelessly(esme, smsc)
				c := judged(smsc, takesFirst)
				esme.Send(long(2, 1))
				time.Sleep(time.Second)
				begin := time.Now()
				tt.end(w, esme, smsc)
				if tt.answered {
					f := esme.Next("submit_sm_resp")
					if took := time.Since(begin); f.ID() != pdu.SubmitSMRespID || f.Status() != throttledStatus || took > 10*time.Second {
						t.Errorf("got % x after %v, want ESME_RTHROTTLED", []byte(f), took)
					}
					esme.ReadOn()
				}
				time.Sleep(30 * time.Second)
				synctest.Wait()
				if got := slices.Contains(c.requests(), "cancel id1 0"); got != tt.cancelled {
					t.Errorf("cancelled: got %t, want %t: %q", got, tt.cancelled, c.requests())
				}
				if n := w.receipts.InTransit(); n > 0 {
					t.Error("the message is still in transit")
				}
			})
		})
	}
}

// What the SMSC accepts after the time of its message is cancelled, as what it accepted before.
func TestSentAgainAcceptedLate(t *testing.T) {
	s, ids := askedAgain()
	inBothModes(t, s, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		*ids = nil
		esme, smsc := join()
		timelessly(esme, smsc)
		esme.Send(long(2, 1))
		seqs := partsNumbered(t, smsc, 1)
		begin := time.Now()
		smsc.Send(accepted(seqs[0], "id1"), accepted(seqs[1], "id2"), refusal(long(seqs[2], 1), throttledStatus))
		again := smsc.Next("part 3 again")
		if f := esme.Next("submit_sm_resp"); f.Status() != throttledStatus || time.Since(begin) != 10*time.Second {
			t.Errorf("got % x after %v, want ESME_RTHROTTLED after 10 s", []byte(f), time.Since(begin))
		}
		first := smsc.Next("cancel_sm")
		smsc.Send(accepted(again.Seq(), "id3"))
		got := []string{what(first), what(smsc.Next("cancel_sm of what came late"))}
		smsc.Send(testpeer.Frame(pdu.CancelSMRespID, 0, first.Seq(), ""))
		got = append(got, what(smsc.Next("cancel_sm")))
		if want := []string{"cancel id1", "cancel id3", "cancel id2"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A cancel_sm of the gateway's that is refused for now is sent again, and those behind it then.
func TestRollbackSentAgain(t *testing.T) {
	for _, tt := range []struct {
		name        string
		cancels     []pdu.Status
		got         []string
		uncancelled float64
	}{
		{"the first", []pdu.Status{throttledStatus, throttledStatus, 0, 0}, []string{"id1 58", "id1 58", "id1 0", "id2 0"}, 0},
		{"both", []pdu.Status{fullStatus, 0, throttledStatus, 0}, []string{"id1 14", "id1 0", "id2 58", "id2 0"}, 0},
		{"then refused", []pdu.Status{throttledStatus, smpp.StatusCancelFailed, 0}, []string{"id1 58", "id1 11", "id2 0"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := askedAgain()
			inBothModes(t, s, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				timelessly(esme, smsc)
				c := judged(smsc, script(append([]pdu.Status{0, 0, smpp.StatusInvMsgLen}, tt.cancels...)...))
				esme.Send(long(2, 1))
				esme.Want("submit_sm_resp", refusal(long(2, 1), smpp.StatusInvMsgLen))
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if got, want := strings.ReplaceAll(strings.Join(c.requests()[3:], ","), "cancel ", ""), strings.Join(tt.got, ","); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if got := w.count("readback_parts_not_cancelled_total", ""); got != tt.uncancelled {
					t.Errorf("not cancelled: got %v, want %v", got, tt.uncancelled)
				}
			})
		})
	}
}

// An ESME's cancel_sm for all parts is answered once the SMSC has taken them all, or when its time is over.
func TestPartsCancelSentAgain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		judge func() func(int, smpp.Frame) pdu.Status
		want  pdu.Status
		after time.Duration
	}{
		{"one a second", func() func(int, smpp.Frame) pdu.Status { return takesOne(time.Second) }, 0, 4 * time.Second},
		{"nothing accepted", func() func(int, smpp.Frame) pdu.Status {
			return script(throttledStatus, throttledStatus, throttledStatus)
		}, throttledStatus, 0},
		{"never all", func() func(int, smpp.Frame) pdu.Status {
			return func(n int, _ smpp.Frame) pdu.Status { return pdu.Status(min(n, 1)) * fullStatus }
		}, fullStatus, 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := askedAgain()
			s.ledger.routes.Store("A", "bank")
			s.ledger.partIDs = func(message.Conversation, []byte, []byte) [][]byte {
				return [][]byte{[]byte("A"), []byte("B"), []byte("C")}
			}
			inBothModes(t, s, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				timelessly(esme, smsc)
				judged(smsc, tt.judge())
				begin := time.Now()
				esme.Send(testpeer.Frame(pdu.CancelSMID, 0, 7, fmt.Sprintf("\x00A\x00\x00\x0110690001\x00\x01\x01%s\x00", receiver)))
				esme.Want("cancel_sm_resp", testpeer.Frame(pdu.CancelSMRespID, tt.want, 7, ""))
				if took := time.Since(begin); took > tt.after || tt.name == "never all" && took != tt.after {
					t.Errorf("answered after %v, want it within %v", took, tt.after)
				}
			})
		})
	}
}

// On sockets, a data_sm in two parts gets through an SMSC that takes one message at a time.
func TestSentAgainOnSockets(t *testing.T) {
	s, ids := askedAgain()
	s.inMemory = false
	inBothModes(t, s, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		*ids = nil
		esme, smsc := join()
		judged(smsc, takesOne(150*time.Millisecond))
		payload := smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(strings.Repeat("a", 200)))
		esme.Send(testpeer.Frame(pdu.DataSMID, 0, 2, "\x00\x01\x0110690001\x00\x01\x01"+receiver+"\x00\x00\x00\x00"+string(payload)))
		esme.Want("data_sm_resp", testpeer.Frame(pdu.DataSMRespID, 0, 2, "id1\x00"))
		if want := []string{"id1 id2"}; !slices.Equal(*ids, want) {
			t.Errorf("recorded %q, want %q", *ids, want)
		}
	})
}
