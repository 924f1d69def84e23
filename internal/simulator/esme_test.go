package simulator

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

func TestESMEAnswers(t *testing.T) {
	c, addr := startSMSC(t, Options{Keep: 100, FirstSeq: 1})
	e := openESME(t, addr, ESMEOptions{OnRequest: func(smpp.Frame) pdu.Status { return smpp.StatusPermApp }})
	if got := e.BindResponse(); got.ID() != pdu.BindTransceiverRespID || got.Seq() != BindSeq {
		t.Errorf("bind_resp = %x", []byte(got))
	}
	for _, tt := range []struct {
		name  string
		frame smpp.Frame
		want  pdu.Status
	}{
		{"enquire_link", request(pdu.EnquireLinkID), 0},
		{"deliver_sm", ShortMessage{}.Append(nil, pdu.DeliverSMID, 0), smpp.StatusPermApp},
		{"unknown", request(0x00010200), smpp.StatusInvCmdID},
		{"unbind", request(pdu.UnbindID), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := c.Deliver(testpeer.Within(t), "bank", tt.frame); err != nil || got != tt.want {
				t.Errorf("answer = %#x, %v, want %#x", uint32(got), err, uint32(tt.want))
			}
		})
	}
	if err := e.Err(); !errors.Is(err, errUnbound) {
		t.Errorf("Err = %v, want %v", err, errUnbound)
	}
	if err := e.Submit(testpeer.Within(t), submit(text(receiver, "Hi")), nil); !errors.Is(err, ErrOver) {
		t.Errorf("Submit = %v, want %v", err, ErrOver)
	}
	if got := c.Received(pdu.DeliverSMRespID); len(got) != 1 || got[0].Frame.Len() != smpp.HeaderLen+1 {
		t.Errorf("deliver_sm_resp %v, want one with an empty message_id", got)
	}
}

func TestESMEWindow(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	e := openESME(t, addr, ESMEOptions{Window: 1})
	if err := e.Submit(testpeer.Within(t), submit(text("447700909000", "Hi")), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Submit(ctx, submit(text(receiver, "Hi")), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Submit beyond the window = %v, want %v", err, context.Canceled)
	}
	if err := e.Submit(testpeer.Within(t), []byte("short"), nil); err == nil {
		t.Error("what is no PDU was sent")
	}
}

func TestESMEKeepsSequenceNumber(t *testing.T) {
	c, addr := startSMSC(t, Options{Keep: 10})
	e := openESME(t, addr, ESMEOptions{})
	m := text("447700909000", "Hi").Append(nil, pdu.SubmitSMID, 0x12345678)
	if err := e.Submit(testpeer.Within(t), m, nil); err != nil {
		t.Fatal(err)
	}
	if err := e.Submit(testpeer.Within(t), m, nil); !errors.Is(err, ErrSeqInUse) {
		t.Errorf("the same number again = %v, want %v", err, ErrSeqInUse)
	}
	got, err := c.WaitReceived(testpeer.Within(t), 1, pdu.SubmitSMID)
	if err != nil || string(got[0].Frame) != string(m) {
		t.Errorf("received %x, %v, want %x", got, err, []byte(m))
	}
}

func TestESMESendsGarbage(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	e := openESME(t, addr, ESMEOptions{})
	if err := e.Send([]byte("\x00\x00\x00\x01garbage garbage")); err != nil {
		t.Fatal(err)
	}
	got, err := e.WaitReceived(testpeer.Within(t), 1, pdu.GenericNACKID)
	if err != nil || got[0].Frame.Status() != smpp.StatusInvCmdLen {
		t.Errorf("answer %v, %v, want generic_nack 02", got, err)
	}
	<-e.Done()
}

func TestESMETimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		c := NewSMSC(Options{Keep: 100})
		testpeer.Serve(t, "the SMSC", p, c.Serve)
		e, err := newESME(t.Context(), p.Dial(), ESMEOptions{DeliverDelay: time.Second, EnquireLink: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := c.Deliver(t.Context(), "", ShortMessage{}.Append(nil, pdu.DeliverSMID, 0)); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("deliver_sm answered after %v, want 1s", got)
		}
		if _, err := c.WaitReceived(t.Context(), 2, pdu.EnquireLinkID); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != 2*time.Minute {
			t.Errorf("second enquire_link after %v, want 2m0s", got)
		}
		if err := e.Unbind(t.Context()); err != nil {
			t.Errorf("Unbind = %v", err)
		}
	})
}
