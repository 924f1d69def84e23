package simulation

import (
	"fmt"
	"time"

	"readback/internal/promise"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/reads"
)

// Outcomes of a message at the SMSC.
const (
	accepts = iota
	refuses
	neverAnswers
	answersLate // when the gateway has given the message up
)

// responseTimeout is when the gateway gives a message up.
const responseTimeout = 10 * time.Second

// submission is a message that an ESME sends, and what the SMSC makes of it.
type submission struct {
	id      int
	conv    int
	outcome int
	delay   time.Duration // of the answer
	skew    time.Duration // of the clock that stamps it
}

// logged is told when a record is in the log.
type loggedOnce chan struct{}

func (l loggedOnce) Logged(uint64) { close(l) }

// submit takes a message through the gateway.
func (p *process) submit(m submission) {
	c := p.w.conversations[m.conv]
	s := &ledger.Sent{
		Conversation: c, Account: "bank", At: time.Now().Add(m.skew),
		From: message.Address{TON: 5, Addr: c.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
	}
	if !p.add(promise.Event{Kind: promise.Submitted, Message: m.id, Conversation: p.w.name(m.conv)}) {
		return
	}
	began := time.Now()
	err := p.part.Assign(s)
	p.separate(m.id)
	p.held(m, "before it was sent", began)
	if err != nil {
		return // it goes on without a number
	}
	if !p.number(m, s) {
		return
	}
	if m.outcome == neverAnswers || m.outcome == answersLate {
		_ = p.sleep(p.serving, responseTimeout)
		p.part.Refuse(s)
		if m.outcome == answersLate && p.sleep(p.serving, m.delay) == nil {
			p.answerLate(m, s)
		}
		return
	}
	if p.sleep(p.serving, m.delay) != nil || m.outcome == refuses {
		p.part.Refuse(s)
		return
	}
	p.accept(m, s)
}

// number tells the checker the number with which a message leaves.
func (p *process) number(m submission, s *ledger.Sent) bool {
	p.reach()
	if !p.add(promise.Event{
		Kind: promise.Sent, Message: m.id, Conversation: p.w.name(m.conv), Number: s.Number, Wall: s.At,
	}) {
		return false
	}
	p.w.mu.Lock()
	p.w.messages = append(p.w.messages, sentMessage{m.conv, s.Number})
	p.w.mu.Unlock()
	return true
}

// accept passes the SMSC's OK on when the log has it.
func (p *process) accept(m submission, s *ledger.Sent) {
	p.add(promise.Event{Kind: promise.Taken, Message: m.id})
	began, l := time.Now(), make(loggedOnce)
	p.part.Accept(s, fmt.Appendf(nil, "m%d", m.id), l, 0)
	select {
	case <-l:
	case <-p.ctx.Done():
		return
	}
	up := p.part.IsUp()
	p.separate(m.id)
	p.held(m, "before the answer was passed on", began)
	p.add(promise.Event{Kind: promise.Confirmed, Message: m.id, Durable: up})
}

// answerLate gives the ledger an answer that comes after its message was given up. It is recorded soon.
func (p *process) answerLate(m submission, s *ledger.Sent) {
	p.add(promise.Event{Kind: promise.Taken, Message: m.id, Text: "late"})
	up := p.part.IsUp()
	p.part.AcceptLate(s, fmt.Appendf(nil, "m%d", m.id))
	if p.sleep(p.serving, 3*time.Second) == nil {
		p.add(promise.Event{Kind: promise.Confirmed, Message: m.id, Durable: up && p.part.IsUp()})
	}
}

func (p *process) held(m submission, text string, began time.Time) {
	if took := time.Since(began); took > 1010*time.Millisecond {
		p.add(promise.Event{Kind: promise.Held, Took: took, Text: text})
	}
}

// read sends a read response.
func (p *process) read(id int, about sentMessage) {
	c := p.w.conversations[about.conv]
	if !p.add(promise.Event{Kind: promise.Asked, Read: id, Conversation: p.w.name(about.conv), Number: about.number}) {
		return
	}
	p.reach()
	v := p.reads.Submit(p.serving, reads.Read{
		Receiver: c.Receiver.String(), Sender: c.Sender.String(), Number: about.number, Status: message.StatusRead,
	})
	p.separate(id)
	p.reach()
	p.add(promise.Event{Kind: promise.Answered, Read: id, Code: codes[v.Kind]})
}

// codes are the verdicts as HTTP has them.
var codes = map[message.VerdictKind]int{
	message.VerdictAccepted: 202, message.VerdictNotFound: 404, message.VerdictTooOld: 410,
	message.VerdictUnavailable: 503, message.VerdictAmbiguous: 409,
}

func (w *world) name(conv int) string { return w.conversations[conv].Sender.String() }
