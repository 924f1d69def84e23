//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"
	"time"

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
	messages  []submitted  // guarded by mu, as all below: by sequence_number
	open      int          // of them, those without an answer
	unbind    uint32       // sequence_number of the gateway's, zero before it comes
	owed      int          // messages that it had left unanswered for a while when it came
	strangers int          // answers to nothing
	last      func(answer) // called with each answer
}

// submitted is a message and what it was answered.
type submitted struct {
	text    string
	at      time.Time
	answers []answer
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
	f.SetSeq(uint32(firstSeq + len(e.messages)))
	e.messages = append(e.messages, submitted{text: text, at: time.Now()})
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
		e.unbind, e.owed = f.Seq(), e.overdue()
		close(e.leave)
	case pdu.EnquireLinkID:
		e.reply(f.ID(), f.Seq())
	}
}

// settle notes an answer; mu is held.
func (e *esme) settle(f smpp.Frame) {
	i := int(f.Seq()) - firstSeq
	if i < 0 || i >= len(e.messages) {
		e.strangers++
		return
	}
	id, _, _ := bytes.Cut(f.Body(), []byte{0})
	a, m := answer{f.Status(), string(id)}, &e.messages[i]
	if m.answers = append(m.answers, a); len(m.answers) > 1 {
		return
	}
	e.open--
	<-e.window
	if e.last != nil {
		e.last(a)
	}
}

// overdue counts the messages that are unanswered though they were sent a while ago;
// mu is held.
func (e *esme) overdue() (n int) {
	const while = answerTime / 4
	for _, m := range e.messages {
		if len(m.answers) == 0 && time.Since(m.at) > while {
			n++
		}
	}
	return n
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
