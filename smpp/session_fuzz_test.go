package smpp

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// chaos plays a script of octets against a session: what its peer sends, what
// its owner does, and how time goes by.
type chaos struct {
	running
	script []byte
	owners sync.WaitGroup // goroutines that may wait for the session
	holds  []uint64
}

func (c *chaos) octet() byte {
	if len(c.script) == 0 {
		return 0
	}
	b := c.script[0]
	c.script = c.script[1:]
	return b
}

var chaosIDs = []pdu.ID{
	pdu.SubmitSMID, pdu.SubmitSMRespID, pdu.DeliverSMID, pdu.DeliverSMRespID, pdu.EnquireLinkID, pdu.EnquireLinkRespID,
	pdu.UnbindID, pdu.UnbindRespID, pdu.BindTransceiverID, pdu.BindReceiverRespID, pdu.GenericNACKID, pdu.AlertNotificationID,
	pdu.DataSMID, pdu.OutbindID, 0x00010203, 0x80010203,
}

// frame makes a PDU of the next octets, with one of few numbers, so that they collide.
func (c *chaos) frame() Frame {
	b := c.octet()
	seq := uint32(b >> 4 & 7)
	if b&0x80 != 0 {
		seq += OwnSeq
	}
	return newFrame(chaosIDs[b&15], pdu.Status(c.octet()), seq, "body"[:b>>6])
}

// step does the next thing of the script.
func (c *chaos) step() {
	now := time.Now()
	switch op := c.octet(); op % 12 {
	case 0, 1, 2:
		_ = c.peer.conn.SetWriteDeadline(now.Add(time.Minute))
		_, _ = c.peer.conn.Write(c.frame())
	case 3:
		f := c.frame()
		c.owners.Go(func() { _ = c.Send(f, now, nil) })
	case 4:
		_ = c.Reply(c.frame(), uint32(op), now)
	case 5:
		if hold, err := c.ReplyHeld(c.frame(), uint32(op), now); err == nil {
			c.holds = append(c.holds, hold)
		}
	case 6:
		if n := len(c.holds); n > 0 {
			c.Release(c.holds[int(c.octet())%n])
		}
	case 7:
		c.SetState(State(1) << (c.octet() % 4))
	case 8:
		<-time.After(time.Duration(c.octet()) * time.Second)
	case 9:
		f := c.frame()
		c.owners.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 7*time.Second)
			defer cancel()
			_ = c.Call(ctx, f)
		})
	case 10:
		c.Flush()
	case 11:
		c.stop(c.octet())
	}
}

// stop ends the session in one of the ways there are, now and then.
func (c *chaos) stop(how byte) {
	switch how % 16 {
	case 0:
		c.Finish(ErrUnbound)
	case 1:
		c.Close(ErrUnbound)
	case 2:
		c.owners.Go(func() { c.Unbind(context.Background(), ErrUnbound) })
	case 3:
		_, _ = c.peer.conn.Write([]byte{0, 0, 0, how})
	case 4:
		_ = c.peer.conn.Close()
	}
}

// FuzzSession holds that a session ends when it is told to, whatever happened to
// it before, with nobody left who waits for it, and that all it wrote is frames.
func FuzzSession(f *testing.F) {
	f.Add([]byte{7, 3, 0, 0x14, 0, 3, 0x20, 0, 0, 0x21, 0, 10})
	f.Add([]byte{7, 3, 5, 0x11, 0, 4, 0x21, 0, 6, 0, 11, 0})
	f.Add([]byte{7, 1, 3, 0x10, 0, 3, 0x10, 0, 3, 0x10, 0, 8, 20, 0, 0x11, 0, 11, 2})
	f.Add([]byte{9, 0x12, 0, 8, 1, 0, 0x83, 0x58, 8, 200, 11, 3})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 300 {
			return
		}
		synctest.Test(t, func(t *testing.T) { play(t, script) })
	})
}

func play(t *testing.T, script []byte) {
	c := &chaos{script: script}
	c.running = start(t, Open, Options{
		Window: 2, Response: 10 * time.Second, WriteTimeout: 20 * time.Second,
		Timers: Timers{SessionInit: time.Hour, EnquireLink: 30 * time.Second, Answer: 15 * time.Second, Inactivity: 5 * time.Minute},
	}, fakeHandler{})
	read := make(chan error, 1)
	go func() {
		_, err := readAll(c.peer.conn)
		read <- err
	}()
	for len(c.script) > 0 {
		c.step()
	}
	c.Finish(ErrUnbound)
	_ = c.wantEnded()
	c.owners.Wait()
	for _, p := range c.Abandoned() {
		if p.answer != nil || p.ID == pdu.EnquireLinkID {
			t.Errorf("abandoned: got %+v, want requests that were passed on", p)
		}
	}
	// A connection that was closed at once may end within a frame.
	if err := <-read; err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("reading what the session wrote: got %v, want its end", err)
	}
}
