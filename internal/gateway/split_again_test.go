package gateway

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// slowSMSC is an SMSC that takes requests as judge says, and notes them.
type slowSMSC struct {
	peer  *testpeer.Peer
	judge func(n int, f smpp.Frame) pdu.Status // n from 0
	delay time.Duration                        // of ESME_ROK; what comes meanwhile gets ESME_RTHROTTLED

	ids  int
	free time.Time

	mu  sync.Mutex
	got []string // what each request was, and the status that it got; guarded by mu
}

// requests returns what the SMSC has got.
func (s *slowSMSC) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

func (s *slowSMSC) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, what)
}

// unanswered as the status of a request: there is no answer.
const unansweredStatus pdu.Status = 0xFFFF

// judged answers what the SMSC gets until its connection ends.
func judged(smsc *testpeer.Peer, judge func(n int, f smpp.Frame) pdu.Status) *slowSMSC {
	return (&slowSMSC{peer: smsc, judge: judge}).start()
}

func (s *slowSMSC) start() *slowSMSC {
	go func() {
		for n := 0; ; {
			f, err := s.peer.In.Next()
			if err != nil {
				return
			}
			if id := f.ID(); smpp.HasResponse(id) && !smpp.IsResponse(id) && id != pdu.EnquireLinkID {
				s.answer(n, bytes.Clone(f))
				n++
			}
		}
	}()
	return s
}

func (s *slowSMSC) answer(n int, f smpp.Frame) {
	if f.ID() == pdu.UnbindID {
		s.write(testpeer.Frame(pdu.UnbindRespID, 0, f.Seq(), ""))
		return
	}
	status, body := throttledStatus, ""
	if !time.Now().Before(s.free) {
		status = s.judge(n, f)
	}
	s.note(fmt.Sprintf("%s %x", what(f), uint32(status)))
	if status == 0 && f.ID() != pdu.CancelSMID {
		s.ids++
		body = fmt.Sprintf("id%d\x00", s.ids)
	}
	answer := testpeer.Frame(smpp.ResponseID(f.ID()), status, f.Seq(), body)
	switch {
	case status == 0 && s.delay > 0:
		s.free = time.Now().Add(s.delay)
		time.AfterFunc(s.delay, func() { s.write(answer) })
	case status != unansweredStatus:
		s.write(answer)
	}
}

// write ignores errors: who has left needs no answer.
func (s *slowSMSC) write(f smpp.Frame) { _, _ = s.peer.Conn.Write(f) }

// what names a request: which part, or which part it cancels.
func what(f smpp.Frame) string {
	if f.ID() == pdu.CancelSMID {
		_, id, _, _ := cutCancel(f)
		return "cancel " + string(id)
	}
	m, err := smpp.ParseMessage(f)
	if err != nil || !m.HasUDH() {
		return smpp.Command(f.ID())
	}
	return fmt.Sprintf("part %d", m.UserData()[5])
}

// takesOne takes one message a time.
func takesOne(every time.Duration) func(int, smpp.Frame) pdu.Status {
	var next time.Time
	return func(int, smpp.Frame) pdu.Status {
		if time.Now().Before(next) {
			return smpp.StatusThrottled
		}
		next = time.Now().Add(every)
		return smpp.StatusOK
	}
}

// script gives the statuses in turn, and then ESME_ROK.
func script(statuses ...pdu.Status) func(int, smpp.Frame) pdu.Status {
	return func(n int, _ smpp.Frame) pdu.Status {
		if n < len(statuses) {
			return statuses[n]
		}
		return smpp.StatusOK
	}
}

// askedAgain is a setup with virtual time whose ledger notes the message_ids of what was accepted.
func askedAgain() (s setup, ids *[]string) {
	l := splittingLedger()
	var mu sync.Mutex
	ids = new([]string)
	l.cut = func(_ *ledger.Sent, c ledger.Split, w ledger.Waiter, token uint64) {
		mu.Lock()
		*ids = append(*ids, string(bytes.Join(c.IDs, []byte(" "))))
		mu.Unlock()
		w.Logged(token)
	}
	l.refuse = func(*ledger.Sent) {}
	return setup{ledger: l.fakeLedger, inMemory: true}, ids
}

const (
	throttledStatus = smpp.StatusThrottled
	fullStatus      = smpp.StatusQueueFull
)

// A part that the SMSC refuses for now is sent again within response_timeout, in order and one at a time.
// What the SMSC accepted is cancelled only if that does not help.
func TestPartSentAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		judge  func() func(int, smpp.Frame) pdu.Status
		want   pdu.Status
		within time.Duration
		ids    []string
		got    []string // in the end
	}{
		{"one a second", func() func(int, smpp.Frame) pdu.Status { return takesOne(time.Second) }, 0, 4 * time.Second, []string{"id1 id2 id3"}, nil},
		{"one in three seconds", func() func(int, smpp.Frame) pdu.Status { return takesOne(3 * time.Second) }, 0, 9 * time.Second, []string{"id1 id2 id3"}, nil},
		{
			"queue full", func() func(int, smpp.Frame) pdu.Status { return script(0, 0, fullStatus, fullStatus) }, 0, time.Second,
			[]string{"id1 id2 id3"},
			[]string{"part 1 0", "part 2 0", "part 3 14", "part 3 14", "part 3 0"},
		},
		{
			"the first part", func() func(int, smpp.Frame) pdu.Status { return script(throttledStatus, 0, 0) }, 0, time.Second,
			[]string{"id3 id1 id2"},
			[]string{"part 1 58", "part 2 0", "part 3 0", "part 1 0"},
		},
		{
			"the first two", func() func(int, smpp.Frame) pdu.Status {
				return script(throttledStatus, throttledStatus, 0, throttledStatus)
			}, 0, time.Second,
			[]string{"id2 id3 id1"},
			[]string{"part 1 58", "part 2 58", "part 3 0", "part 1 58", "part 1 0", "part 2 0"},
		},
		{
			"refused for good later", func() func(int, smpp.Frame) pdu.Status {
				return script(0, throttledStatus, throttledStatus, smpp.StatusInvMsgLen)
			}, smpp.StatusInvMsgLen, time.Second, nil,
			[]string{"part 1 0", "part 2 58", "part 3 58", "part 2 1", "cancel id1 0"},
		},
		{
			"another is refused for good", func() func(int, smpp.Frame) pdu.Status { return script(0, throttledStatus, smpp.StatusSysErr) }, smpp.StatusSysErr, 0, nil,
			[]string{"part 1 0", "part 2 58", "part 3 8", "cancel id1 0"},
		},
		{
			"nothing accepted", func() func(int, smpp.Frame) pdu.Status {
				return script(fullStatus, throttledStatus, throttledStatus)
			}, fullStatus, 0, nil,
			[]string{"part 1 14", "part 2 58", "part 3 58"},
		},
		{"never", func() func(int, smpp.Frame) pdu.Status {
			return func(n int, f smpp.Frame) pdu.Status { return pdu.Status(min(n%100, 1)) * throttledStatus }
		}, throttledStatus, 10 * time.Second, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, ids := askedAgain()
			inBothModes(t, s, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				*ids = nil
				esme, smsc := join()
				timelessly(esme, smsc)
				c := judged(smsc, tt.judge())
				begin := time.Now()
				esme.Send(long(2, 1))
				f := esme.Next("submit_sm_resp")
				if f.Status() != tt.want || f.Seq() != 2 {
					t.Errorf("got % x, want status %#x", []byte(f), uint32(tt.want))
				}
				if took := time.Since(begin); took > tt.within || tt.name == "never" && took != tt.within {
					t.Errorf("answered after %v, want it within %v", took, tt.within)
				}
				time.Sleep(30 * time.Second)
				synctest.Wait()
				if !slices.Equal(*ids, tt.ids) {
					t.Errorf("recorded %q, want %q", *ids, tt.ids)
				}
				if tt.got != nil && !slices.Equal(c.requests(), tt.got) {
					t.Errorf("the SMSC got %q, want %q", c.requests(), tt.got)
				}
				if n := len(c.requests()); n > 35 {
					t.Errorf("the SMSC got %d requests, want few: %q", n, c.requests())
				}
				if n := w.receipts.InTransit(); n > 0 {
					t.Error("the message is still in transit")
				}
			})
		})
	}
}

// timelessly takes the deadlines from peers, which may wait long in virtual time.
func timelessly(peers ...*testpeer.Peer) {
	for _, p := range peers {
		_ = p.Conn.SetDeadline(time.Time{})
	}
}

// An SMSC, or smsc.window, that allows one request at a time gets the parts one by one.
func TestPartsOneAtATime(t *testing.T) {
	for _, window := range []int{1, 100} {
		s, ids := askedAgain()
		s.options = func(o *Options) { o.Window = window }
		inBothModes(t, s, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
			*ids = nil
			esme, smsc := join()
			timelessly(esme, smsc)
			c := (&slowSMSC{peer: smsc, judge: script(), delay: 300 * time.Millisecond}).start()
			esme.Send(long(2, 1))
			if f := esme.Next("submit_sm_resp"); f.Status() != 0 || string(smpp.MessageID(f)) != "id1" {
				t.Errorf("got % x, want id1", []byte(f))
			}
			if want := []string{"id1 id2 id3"}; !slices.Equal(*ids, want) {
				t.Errorf("recorded %q, want %q", *ids, want)
			}
			if window == 1 && len(c.requests()) != 3 {
				t.Errorf("the SMSC got %q, want each part once", c.requests())
			}
		})
	}
}

// Many messages at a time get through one behind the other, each within its time, and are no storm.
func TestManySentAgain(t *testing.T) {
	s, ids := askedAgain()
	inBothModes(t, s, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		*ids = nil
		esme, smsc := join()
		timelessly(esme, smsc)
		c := judged(smsc, takesOne(time.Second))
		esme.Send(long(2, 1))
		synctest.Wait() // the first part is accepted, the others are not
		for seq := range uint32(20) {
			esme.Send(long(3+seq, 1))
		}
		statuses, begin := make(map[pdu.Status]int), time.Now()
		for range 21 {
			statuses[esme.Next("submit_sm_resp").Status()]++
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("answered after %v, want 10 s at most", took)
		}
		if statuses[0] < 2 || statuses[0]+statuses[throttledStatus] != 21 {
			t.Errorf("statuses: got %v, want some ESME_ROK, else ESME_RTHROTTLED", statuses)
		}
		if n := len(c.requests()); n > 40 {
			t.Errorf("the SMSC got %d requests, want few", n)
		}
		if len(*ids) != statuses[0] {
			t.Errorf("%d messages are recorded, %d accepted", len(*ids), statuses[0])
		}
	})
}
