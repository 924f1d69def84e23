package gateway

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/receipts"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// splitMessage is a message that went on in parts, for lack of room. It is answered once:
// when all parts are accepted and their records are in the log, with the answer to the
// first one; else with the status of one that was refused, and the others are cancelled.
// The link's queue sends again what the SMSC refuses for now (split_again.go).
type splitMessage struct {
	link     *link
	id       pdu.ID // submit_sm or data_sm
	seq      uint32 // of the ESME's message
	sent     *ledger.Sent
	byMarker bool     // how its number travels
	wanted   byte     // its registered_delivery
	of       *request // the part of a submit_multi that it is; nil: a message of its own
	transit  *receipts.Transit
	parts    []smpp.Frame
	until    time.Time // when the ESME must have its answer

	unsent int // the first part that has not been sent; owned by the goroutine that sends them

	mu       sync.Mutex
	progress // guarded by mu
}

// progress is what has become of a splitMessage.
type progress struct {
	tally
	done   bool       // it is answered
	ids    [][]byte   // message_ids of the parts; nil: not accepted
	first  smpp.Frame // answer to the first part
	undone bool       // its parts are taken back
	stay   int        // accepted parts that the SMSC did not cancel
}

// newSplitMessage returns the splitMessage of f, whose parts are s; of is as in splitMessage.
func newSplitMessage(l *link, f smpp.Frame, s *numbering.Segments, of *request) *splitMessage {
	m := &splitMessage{
		link: l, id: f.ID(), seq: f.Seq(), sent: s.Sent, byMarker: s.Marker, of: of, parts: s.Frames,
		progress: progress{tally: tally{open: len(s.Frames)}, ids: make([][]byte, len(s.Frames))},
	}
	m.sent.Session = l.id
	if asked, err := smpp.ParseMessage(f); err == nil {
		m.wanted = asked.RegisteredDelivery()
	}
	return m
}

// send sends the parts.
func (m *splitMessage) send() {
	l, s := m.link, m.link.submitter
	m.transit = l.g.receipts.BeginTransit(l.bind.account, m.sent.Conversation)
	s.splitting, s.scratch.Assigned = m, nil
	l.unanswered.add(len(m.parts)) // beside the ESME's request
	l.submits.count(uint64(l.id), numbering.Numbered)
	l.submits.numbered(uint64(l.id), m.byMarker, true)
	l.noteSender(m.sent)
	throttled := !l.usage.AdmitRest(s.leaving.begun, len(m.parts)-1, s.scratch.Waiting)
	waiting := l.again.Len()
	throttled = throttled || waiting >= l.g.opt.Window
	m.until = time.Now().Add(l.g.opt.ResponseTimeout)
	for n, part := range m.parts {
		if n > 0 {
			part.SetSeq(smpp.OwnSeq) // or above
		}
		switch status, busy := m.refused(); {
		case throttled:
			m.refuse(smpp.StatusThrottled)
		case s.esmeEnded():
			m.refuse(smpp.StatusSysErr)
		case status != smpp.StatusOK:
			m.refuse(status)
		case busy || waiting > 0:
			m.holdBack(n)
		case s.messages.send(part, &request{link: l, group: m, n: n}) != nil:
			m.refuse(smpp.StatusSysErr)
		}
		m.unsent++
	}
	s.splitting = nil
}

// refuse counts a part that was not sent as refused.
func (m *splitMessage) refuse(status pdu.Status) {
	m.mu.Lock()
	v := m.tally.refuse(status)
	m.mu.Unlock()
	m.goOn(v)
	m.link.unanswered.settle()
}

// refuseUnsent counts the parts that are left when sending them has panicked.
func (m *splitMessage) refuseUnsent() {
	for range len(m.parts) - m.unsent {
		m.refuse(smpp.StatusSysErr)
	}
}

// refused returns the status of the first part that was refused for good, and whether one was refused for
// now.
func (m *splitMessage) refused() (status pdu.Status, busy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed, m.busy != smpp.StatusOK
}

// answered takes the answer to one part, and finishes with the last.
func (m *splitMessage) answered(_ *link, f smpp.Frame, r *request, accepted bool) {
	v, late := m.note(f, r, accepted)
	if late {
		m.cancelLate(bytes.Clone(smpp.MessageID(f)))
	}
	m.goOn(v)
}

// goOn does what follows an answer.
func (m *splitMessage) goOn(v verdict) {
	m.link.queue(m, v)
	switch v {
	case fails:
		m.fail()
	case succeeds:
		m.accept()
	}
}

// note keeps the answer to one part. late reports whether it accepts a part of a message whose other parts
// have been taken back.
func (m *splitMessage) note(f smpp.Frame, r *request, accepted bool) (v verdict, late bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	status := smpp.StatusOK
	if accepted {
		m.ids[r.n] = bytes.Clone(smpp.MessageID(f))
		m.transit.Accepted(m.ids[r.n])
	} else {
		status = refusedWith(f)
	}
	switch {
	case m.done || m.ended:
		return undecided, accepted && m.undone
	case accepted && r.n == 0:
		m.first = bytes.Clone(f)
	}
	return m.tally.note(r.n, status), false
}

// refusedWith is the status of an answer that accepts nothing.
func refusedWith(f smpp.Frame) pdu.Status {
	if f.Status() == smpp.StatusOK {
		return smpp.StatusSysErr // a generic_nack
	}
	return f.Status()
}

// accept makes the ledger record the parts.
func (m *splitMessage) accept() {
	l := m.link
	l.g.metrics.splits.WithLabelValues("accepted").Inc()
	c := ledger.Split{IDs: m.ids, Wanted: m.wanted}
	for _, id := range m.ids {
		c.Keys = append(c.Keys, receipt.Key(l.g.opt.IDs.OfResponse(id)))
		if l.routes(m.id) {
			// The log keeps the order.
			l.g.ledger.Route(l.bind.account, m.sent.Place(), l.g.opt.IDs.OfResponse(id), heldAnswer{}, 0)
		}
	}
	l.g.sent.NoteParts(l.bind.account, m.ids, &m.sent.Conversation.Sender)
	l.g.ledger.AcceptSplit(m.sent, c, m, 0)
}

// Logged answers the ESME: its message is in the log.
func (m *splitMessage) Logged(uint64) {
	defer m.link.Contain() // this is the ledger's goroutine: a panic would end the process
	m.finish(m.first, true)
}

// abandon refuses a message after a panic in the handling of the answer to one of its parts. No other
// goroutine can be answering the message: the panic was before that answer was noted, or in this
// goroutine's accept or fail.
func (m *splitMessage) abandon() {
	m.mu.Lock()
	m.ended = true // for the queue
	m.mu.Unlock()
	m.link.g.ledger.Refuse(m.sent) // without effect after AcceptSplit
	m.finish(smpp.AppendRefusal(nil, m.id, smpp.StatusSysErr, m.seq), false)
	m.cancel(m.undo())
}

// undo returns the message_ids of the parts that the SMSC has accepted, which the caller takes back.
func (m *splitMessage) undo() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.undone = true
	return slices.DeleteFunc(slices.Clone(m.ids), func(id []byte) bool { return id == nil })
}

// fail answers the ESME with a refusal, and takes back what the SMSC has accepted.
func (m *splitMessage) fail() {
	l := m.link
	l.g.metrics.splits.WithLabelValues("refused").Inc()
	l.noteRefused(m.sent, m.id, m.seq, m.failed)
	l.g.ledger.Refuse(m.sent)
	accepted := m.undo()
	m.disown(accepted)
	m.finish(smpp.AppendRefusal(nil, m.id, m.failed, m.seq), false)
	m.cancel(accepted)
}

// disown notes the message_ids of parts that are taken back. Their receipts are about no other message, and
// go to the ESME as they are.
func (m *splitMessage) disown(ids [][]byte) {
	for _, id := range ids {
		m.link.recordLate(id, m.id, &request{unnumbered: []message.Conversation{m.sent.Conversation}})
	}
}

// cancel takes back parts that the SMSC has accepted.
func (m *splitMessage) cancel(ids [][]byte) {
	c := &rollback{of: m}
	for _, id := range ids {
		if len(id) == 0 { // it would cancel all that the ESME has sent there
			c.failed("it has no message_id")
			continue
		}
		c.ids = append(c.ids, id)
	}
	c.next()
}

// finish answers the ESME, or the submit_multi that the message is part of, once.
func (m *splitMessage) finish(f smpp.Frame, accepted bool) {
	l := m.link
	if !m.claim() {
		return
	}
	defer l.unanswered.settle() // the last word: a stop waits for it
	defer m.transit.End()
	if m.of != nil {
		m.of.group.answered(l, f, m.of, accepted)
		return
	}
	// An ESME that is gone needs no answer.
	_ = l.esme.Reply(f, m.seq, time.Time{})
	l.esme.Flush()
}

// claim reports whether the caller is the first to answer the message.
func (m *splitMessage) claim() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := !m.done
	m.done = true
	return first
}
