//go:build e2e

package interop

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// readAndCheck has a message read and checks what the ESME is told, on the wire:
// one deliver_sm of form sme-ack with the message_id, which the ESME accepts.
func (w *world) readAndCheck(sender, receiver string, number uint16, messageID string) {
	w.Helper()
	before := w.front.events()
	w.read(sender, receiver, number)
	for {
		told, answer := w.lastFeedback()
		if answer != nil {
			w.checkFeedback(told, messageID)
			if answer.Status() != smpp.StatusOK {
				w.Errorf("feedback: the ESME answered %v, want %v", answer.Status(), smpp.StatusOK)
			}
			return
		}
		if err := w.front.waitEvent(w.ctx, &before); err != nil {
			w.Fatalf("feedback: told %v, answered %v: %v", told != nil, answer != nil, err)
		}
	}
}

// lastFeedback returns the newest feedback and its response, nil if there is none.
func (w *world) lastFeedback() (told, answer smpp.Frame) {
	w.Helper()
	for _, line := range w.front.traffic(w.T) {
		for _, f := range line.down {
			if !isFeedback(f) {
				continue
			}
			told, answer = f, nil
			for _, r := range line.up {
				if r.ID() == pdu.DeliverSMRespID && r.Seq() == f.Seq() {
					answer = r
				}
			}
		}
	}
	return told, answer
}

// checkFeedback checks a deliver_sm of form sme-ack.
func (w *world) checkFeedback(f smpp.Frame, messageID string) {
	w.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		w.Fatalf("feedback: %v", err)
	}
	if m.ESMClass() != smpp.ESMClassDeliveryAck {
		w.Errorf("feedback: got esm_class %02x, want %02x", m.ESMClass(), smpp.ESMClassDeliveryAck)
	}
	var got string
	tlvs := m.TLVs()
	for t, ok := tlvs.Next(); ok; t, ok = tlvs.Next() {
		if t.Tag == smpp.TagReceiptedMessageID {
			got = string(bytes.TrimRight(t.Value, "\x00"))
		}
	}
	if got != messageID {
		w.Errorf("feedback: got receipted_message_id %q, want %q", got, messageID)
	}
	if text := string(m.UserData()); !strings.HasPrefix(text, feedbackWord+string(m.From.Addr)) {
		w.Errorf("feedback: got text %q", text)
	}
}

// passing tells those who wait that octets have passed.
type passing struct {
	mu    sync.Mutex
	count int           // guarded by mu
	more  chan struct{} // guarded by mu: closed at the next octets
}

func (p *passing) fire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	if p.more != nil {
		close(p.more)
		p.more = nil
	}
}

// events counts what has passed, for waitEvent.
func (p *passing) events() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// waitEvent waits until more has passed than seen, which it brings up to date.
func (p *passing) waitEvent(ctx context.Context, seen *int) error {
	p.mu.Lock()
	if p.count > *seen {
		*seen = p.count
		p.mu.Unlock()
		return nil
	}
	if p.more == nil {
		p.more = make(chan struct{})
	}
	more := p.more
	p.mu.Unlock()
	select {
	case <-more:
		*seen = p.events()
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
