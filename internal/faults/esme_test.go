//go:build faults

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/promise"
	"readback/internal/simulator"
	"readback/smpp"
)

// esme is bound whenever there is a process, until ctx ends. It sends messages while the world has
// traffic.
func (w *world) esme(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		if p := w.enter(); p != nil {
			w.session(ctx, p, rnd)
			p.asking.Done()
		}
		rest(ctx, 10*time.Millisecond)
	}
}

// session is one session of the ESME.
func (w *world) session(ctx context.Context, p *process, rnd *rand.Rand) {
	began := time.Now()
	bindCtx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	e, err := simulator.OpenESME(bindCtx, p.esmes, simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: "bank"}, Window: 500, OnRequest: w.feedback, Keep: 1,
	})
	if took := time.Since(began); took > held {
		w.book.add(promise.Event{Kind: promise.Held, Took: took, Text: "bind"})
	}
	if err != nil {
		return // it is just being killed
	}
	for over := false; !over; {
		if w.hasTraffic() {
			w.send(ctx, e, rnd)
		}
		select {
		case <-e.Done():
			over = true
		case <-ctx.Done():
			over = true
		case <-time.After(time.Duration(rnd.Int64N(int64(2 * w.pace)))):
		}
	}
	if p.ctx.Err() != nil { // it ends: what it has sent is still to be read
		select {
		case <-e.Done():
		case <-time.After(30 * time.Second):
		}
	}
	_ = e.Close() // the gateway may have been first
}

// send sends a message in a conversation: one that is hot, or one of many.
func (w *world) send(ctx context.Context, e *simulator.ESME, rnd *rand.Rand) {
	s := sentTo{sender: "10690001", target: "447700900001"}
	if rnd.IntN(100) >= w.hot {
		s.target = fmt.Sprintf("447700900%03d", 100+rnd.IntN(w.many))
	}
	s.message = w.book.submit(s.conversation())
	m := simulator.ShortMessage{
		From: simulator.Number(s.sender), To: simulator.Number(s.target), UserData: fmt.Appendf(nil, "message %d", s.message),
	}
	w.leaves(s.message)
	_ = e.Submit(ctx, m.Append(nil, pdu.SubmitSMID, 0), func(f smpp.Frame) { // a failure ends the session
		if f == nil {
			return
		}
		w.answered(s.message)
		if f.Status() == smpp.StatusOK {
			w.book.add(promise.Event{Kind: promise.Confirmed, Message: s.message})
		}
	})
}

// feedback takes feedback, or not yet.
func (w *world) feedback(f smpp.Frame) pdu.Status {
	m, err := smpp.ParseMessage(f)
	id, ok := 0, false
	if err == nil {
		id, ok = reported(m)
	}
	if !ok {
		w.book.wrong("deliver_sm", fmt.Sprintf("%x", []byte(f)))
		return smpp.StatusOK
	}
	w.mu.Lock()
	busy := !w.calm && w.rnd.IntN(50) == 0
	w.mu.Unlock()
	w.book.add(promise.Event{Kind: promise.Told, Message: id, OK: !busy})
	if busy {
		return 0x64 // ESME_RX_T_APPN
	}
	return smpp.StatusOK
}

// reported is the message that a feedback is about.
func reported(m smpp.Message) (id int, ok bool) {
	tlvs := m.TLVs()
	for {
		tlv, more := tlvs.Next()
		if !more {
			return 0, false
		}
		if tlv.Tag == smpp.TagReceiptedMessageID {
			text := strings.TrimPrefix(strings.TrimRight(string(tlv.Value), "\x00"), "m")
			id, err := strconv.Atoi(text)
			return id, err == nil
		}
	}
}
