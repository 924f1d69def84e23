package simulator

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// Answers that never come fill the window until Reset.
func TestResetFreesTheWindow(t *testing.T) {
	for name, fate := range map[string]Fate{"none": Ignored, "lost": AnswerLost} {
		t.Run(name, func(t *testing.T) {
			c, addr := startSMSC(t, Options{Window: 1, React: func(_ string, f smpp.Frame) (Reaction, bool) {
				return Reaction{Fate: fate}, f.ID() == pdu.SubmitSMID && f.Seq() == 2
			}})
			p := testpeer.Dial(t, addr)
			p.Send(Bind{SystemID: "bank"}.Append(nil, 1), text(receiver, "Hi").Append(nil, pdu.SubmitSMID, 2), text(receiver, "Hi").Append(nil, pdu.SubmitSMID, 3))
			p.Next("bind_transceiver_resp")
			if got := p.Next("submit_sm_resp").Status(); got != smpp.StatusThrottled {
				t.Errorf("beyond the window: status %#x, want throttled", uint32(got))
			}
			c.Reset()
			if got := c.Sessions()[0].Unanswered; got != 0 {
				t.Errorf("%d unanswered after the reset, want 0", got)
			}
			p.Send(text(receiver, "Hi").Append(nil, pdu.SubmitSMID, 4))
			if got := p.Next("submit_sm_resp").Status(); got != smpp.StatusOK {
				t.Errorf("after the reset: status %#x, want 0", uint32(got))
			}
		})
	}
}

// Only message operations take a place in the window, and one each, however their answer is treated.
func TestWindowCountsOperations(t *testing.T) {
	for _, tt := range []struct {
		name          string
		id            pdu.ID // of the request with the reaction
		reaction      Reaction
		responseDelay time.Duration
		want          int
	}{
		{"lost enquire_link", pdu.EnquireLinkID, Reaction{Fate: AnswerLost}, 0, 0},
		{"ignored enquire_link", pdu.EnquireLinkID, Reaction{Fate: Ignored}, 0, 0},
		{"late enquire_link", pdu.EnquireLinkID, Reaction{Delay: time.Minute}, 0, 0},
		{"lost submit_sm", pdu.SubmitSMID, Reaction{Fate: AnswerLost}, 0, 1},
		{"late submit_sm", pdu.SubmitSMID, Reaction{Delay: time.Minute}, 0, 1},
		{"late refusal", pdu.SubmitSMID, Reaction{Delay: time.Minute, Status: smpp.StatusSysErr}, 0, 1},
		{"late and lost submit_sm", pdu.SubmitSMID, Reaction{Delay: time.Minute, Fate: AnswerLost}, 0, 1},
		{"lost submit_sm, slow SMSC", pdu.SubmitSMID, Reaction{Fate: AnswerLost}, time.Minute, 1},
		{"submit_sm, slow SMSC", pdu.SubmitSMID, Reaction{}, time.Minute, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := testpeer.NewPipes()
				smsc := NewSMSC(Options{React: reactTo(tt.id, tt.reaction), ResponseDelay: tt.responseDelay})
				testpeer.Serve(t, "the SMSC", p, smsc.Serve)
				send, _ := bindPipe(t, p)
				if tt.id == pdu.EnquireLinkID {
					send(smpp.AppendHeader(nil, tt.id, 0, 2, 0))
				} else {
					send(text(receiver, "Hi").Append(nil, tt.id, 2))
				}
				synctest.Wait()
				if got := smsc.Sessions()[0].Unanswered; got != tt.want {
					t.Errorf("%d unanswered, want %d", got, tt.want)
				}
			})
		})
	}
}

// A reset forgets the handsets, except one that somebody waits for.
func TestResetForgetsHandsets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(HandsetOptions{})
		c := NewSMSC(Options{Network: n})
		n.Handset(receiver)
		awaited := n.Handset("447700900124")
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = awaited.WaitMessage(ctx, 1) }()
		synctest.Wait()
		c.Reset()
		if all := n.Handsets(); len(all) != 1 || n.Known("447700900124") != awaited {
			t.Errorf("there are handsets %v, want the one that is awaited", all)
		}
		cancel()
	})
}
