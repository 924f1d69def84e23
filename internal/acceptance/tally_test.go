//go:build e2e

package acceptance

import (
	"fmt"
	"sync"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// tally is what became of messages.
type tally struct {
	sent, ok          int
	none, many, wrong int // answered never, more than once, with another's message_id
	failed            map[pdu.Status]int
	owed              int // left unanswered for a while when the gateway unbound
	invented          int // answered with ESME_ROK though the SMSC has not accepted them
}

func (r tally) String() string {
	return fmt.Sprintf("%d sent, %d ok, refused %v, %d unanswered, %d answered twice, %d with another's id, %d ok but not accepted",
		r.sent, r.ok, r.failed, r.none, r.many, r.wrong, r.invented)
}

// isClean reports whether each message had one answer, and a true one.
func (r tally) isClean() bool { return r.none == 0 && r.many == 0 && r.wrong == 0 && r.invented == 0 }

// count adds up what an ESME saw, and holds it against the SMSC's book, if there is one.
func (r *tally) count(e *esme, book *acceptor) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r.sent += len(e.messages)
	r.owed += e.owed
	r.many += e.strangers
	for _, m := range e.messages {
		switch {
		case len(m.answers) == 0:
			r.none++
		case len(m.answers) > 1:
			r.many++
		case m.answers[0].status != smpp.StatusOK:
			r.failed[m.answers[0].status]++
		default:
			r.ok++
			if book != nil && m.answers[0].id != m.text {
				r.wrong++
			}
			if book != nil && !book.accepted(m.text) {
				r.invented++
			}
		}
	}
}

// acceptor is an SMSC's book of what it accepted: the text of a message is its
// message_id.
type acceptor struct {
	mu    sync.Mutex
	texts map[string]bool // guarded by mu
	binds int             // guarded by mu: that came since the last call of bindsSince
}

func newAcceptor() *acceptor { return &acceptor{texts: map[string]bool{}} }

// answer is the simulator's Answer.
func (a *acceptor) answer(_ string, f smpp.Frame) ([]byte, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if smpp.IsBind(f.ID()) {
		a.binds++
	}
	if f.ID() != pdu.SubmitSMID {
		return nil, false
	}
	m, err := smpp.ParseMessage(f)
	if err != nil {
		return nil, false
	}
	text := m.UserData()
	if m.HasUDH() {
		text = text[1+int(text[0]):]
	}
	a.texts[string(text)] = true
	resp := smpp.AppendHeader(nil, pdu.SubmitSMRespID, smpp.StatusOK, f.Seq(), len(text)+1)
	return append(append(resp, text...), 0), true
}

func (a *acceptor) accepted(text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.texts[text]
}

// bindsSince is how many binds came since it was called last.
func (a *acceptor) bindsSince() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.binds
	a.binds = 0
	return n
}

// options are those of an SMSC that keeps the book.
func (a *acceptor) options() simulator.Options {
	return simulator.Options{NoReceipts: true, Answer: a.answer}
}
