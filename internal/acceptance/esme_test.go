//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// esme is an ESME that counts the answers to each of its messages. When it is told to
// unbind it waits for those that it lacks.
type esme struct {
	conn   net.Conn
	window chan struct{} // a token for each message in flight
	leave  chan struct{} // closed when the gateway unbinds
	ended  chan struct{} // closed when nothing more comes

	mu        sync.Mutex
	texts     []string     // guarded by mu, as all below: of the messages, by sequence_number
	answers   [][]answer   // to them
	open      int          // messages without
	unbind    uint32       // sequence_number of the gateway's, zero before it comes
	strangers int          // answers to nothing
	last      func(answer) // called with each answer
}

// answer is a submit_sm_resp.
type answer struct {
	status pdu.Status
	id     string
}

// firstSeq is the sequence_number of an esme's first message.
const firstSeq = 2

// openESME binds as a transceiver of the first account.
func openESME(t *testing.T, addr string, answered func(answer)) *esme {
	t.Helper()
	e := &esme{
		conn: connect(t, addr, "127.0.0.1"), last: answered, window: make(chan struct{}, window),
		leave: make(chan struct{}), ended: make(chan struct{}),
	}
	bindOver(t, e.conn)
	go e.read()
	return e
}

// submit sends a message when the window has room; false when the gateway has unbound
// or gone.
func (e *esme) submit(ctx context.Context, text string) bool {
	select {
	case e.window <- struct{}{}:
	case <-e.leave:
		return false
	case <-e.ended:
		return false
	case <-ctx.Done():
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unbind != 0 {
		return false
	}
	f := message(text)
	f.SetSeq(uint32(firstSeq + len(e.texts)))
	e.texts, e.answers = append(e.texts, text), append(e.answers, nil)
	e.open++
	_, err := e.conn.Write(f) // the socket has room for a window
	return err == nil
}

// read takes what comes until the end.
func (e *esme) read() {
	defer close(e.ended)
	defer func() { _ = e.conn.Close() }() // the gateway may have been first
	in := smpp.NewReader(e.conn)
	for {
		f, err := in.Next()
		if err != nil {
			return
		}
		e.handle(f)
		if e.gone() {
			return
		}
	}
}

// handle takes one frame.
func (e *esme) handle(f smpp.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch f.ID() {
	case pdu.SubmitSMRespID:
		e.settle(f)
	case pdu.UnbindID:
		e.unbind = f.Seq()
		close(e.leave)
	case pdu.EnquireLinkID:
		e.reply(f.ID(), f.Seq())
	}
}

// settle notes an answer; mu is held.
func (e *esme) settle(f smpp.Frame) {
	i := int(f.Seq()) - firstSeq
	if i < 0 || i >= len(e.answers) {
		e.strangers++
		return
	}
	id, _, _ := bytes.Cut(f.Body(), []byte{0})
	a := answer{f.Status(), string(id)}
	if e.answers[i] = append(e.answers[i], a); len(e.answers[i]) > 1 {
		return
	}
	e.open--
	<-e.window
	if e.last != nil {
		e.last(a)
	}
}

// gone answers the gateway's unbind when nothing is open any more.
func (e *esme) gone() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unbind == 0 || e.open > 0 {
		return false
	}
	e.reply(pdu.UnbindID, e.unbind)
	return true
}

// reply answers with a header alone.
func (e *esme) reply(id pdu.ID, seq uint32) {
	_, _ = e.conn.Write(smpp.AppendHeader(nil, smpp.ResponseID(id), smpp.StatusOK, seq, 0)) // the reader sees the end
}

// answeredAll waits until no message is open or the session has ended.
func (e *esme) answeredAll(ctx context.Context) {
	poll(ctx, func() bool {
		select {
		case <-e.ended:
			return true
		default:
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.open == 0
	})
}
