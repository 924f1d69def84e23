package gateway

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/smpp"
)

// multiSubmit is a submit_multi that went on as one submit_sm for each receiver: each
// has a number of its own. It is answered once, when all of them are and their
// records are in the log (SMPP 3.4 §4.5.2).
type multiSubmit struct {
	link *link
	seq  uint32 // of the submit_multi

	mu     sync.Mutex
	open   int          // parts that are not answered, or not in the log
	taken  bool         // a part was accepted
	id     []byte       // message_id of the first such part
	failed []failedPart // in the order of their answers
	last   pdu.Status   // of the last one that failed
}

// failedPart is a receiver for whom the SMSC did not accept the message.
type failedPart struct {
	to     smpp.Address
	status pdu.Status
}

// receiversOf returns how many messages a request counts as. A distribution list counts as one at least.
func receiversOf(f smpp.Frame) int {
	if f.ID() != pdu.SubmitMultiID {
		return 1
	}
	m, err := smpp.ParseMulti(f)
	if err != nil {
		return 1
	}
	return max(1, len(m.To))
}

// submitMulti passes a submit_multi on: as one submit_sm for each receiver if each is to have a number.
func (s *submitter) submitMulti(f smpp.Frame, account *Account) error {
	to, err := smpp.ParseMulti(f)
	if err != nil {
		to = smpp.Multi{}
	}
	var noted *Skipped
	if account.When != numbering.Off {
		skip := numbering.Multi
		if account.SplitMulti && to.Splits() {
			if skip = numbering.MultiSkip(to.AppendSubmitSM(nil, 0)); skip == numbering.Numbered {
				newMultiSubmit(s.link, to).send(to, account.Policy)
				return nil
			}
		}
		s.countSubmit(skip, nil)
		noted = s.noteSkip(f, skip)
	}
	return s.pass(s.messages, f, s.noting(s.unnumberedMulti(to, account.Policy), noted))
}

func newMultiSubmit(l *link, m smpp.Multi) *multiSubmit {
	return &multiSubmit{link: l, seq: m.Frame.Seq(), open: len(m.To)}
}

// send sends the submit_multi m as one submit_sm for each receiver.
func (w *multiSubmit) send(m smpp.Multi, policy numbering.Policy) {
	l, s := w.link, w.link.submitter
	l.unanswered.add(len(m.To)) // beside the ESME's request
	var b []byte
	for i, to := range m.To {
		b = m.AppendSubmitSM(b[:0], i)
		f := smpp.Frame(b)
		if i > 0 {
			f.SetSeq(smpp.OwnSeq) // or above
		}
		r := &request{link: l, group: w, n: i, to: to.Clone()}
		if s.esmeEnded() {
			w.refuse(r, smpp.StatusSysErr)
			continue
		}
		out, sent, skip := s.number(f, policy)
		if sent == nil && skip == numbering.NoRoom && policy.Overflow == numbering.SplitNoRoom {
			var parts *numbering.Segments
			if parts, skip = l.g.intercept.Split(&s.scratch, l.bind.account, policy, f); parts != nil {
				newSplitMessage(l, f, parts, r).send()
				continue
			}
		}
		s.countSubmit(skip, sent)
		if r.sent = sent; sent == nil {
			r.unnumbered = s.unnumbered(f, policy).unnumbered
		}
		if r.skipped = s.noteSkip(f, skip); r.skipped != nil {
			r.skipped.Sequence = w.seq
		}
		status := policy.Refusal(skip, sent)
		if status == smpp.StatusOK && s.messages.send(out, r) != nil {
			status = smpp.StatusSysErr
		}
		s.scratch.Assigned = nil // r has it
		if status != smpp.StatusOK {
			w.refuse(r, status)
		}
	}
}

// refuse answers for one part that was not sent.
func (w *multiSubmit) refuse(r *request, status pdu.Status) {
	w.answered(w.link, smpp.AppendRefusal(nil, pdu.SubmitSMID, status, 0), r, false)
	w.link.unanswered.settle()
}

// answered takes the answer to one part.
func (w *multiSubmit) answered(l *link, f smpp.Frame, r *request, accepted bool) {
	w.note(f, r, accepted)
	if !accepted {
		l.forget(r)
		w.Logged(0)
		return
	}
	if r.sent == nil && !l.routes(pdu.SubmitSMID) {
		l.noteForm(smpp.MessageID(f), nil)
		l.take(r, smpp.MessageID(f))
		w.Logged(0)
		return
	}
	l.record(f, pdu.SubmitSMID, r, w, 0)
}

// acceptedLate records one part. The ESME has been told, or will be, that its receiver is not reached.
func (w *multiSubmit) acceptedLate(l *link, f smpp.Frame, r *request) {
	l.recordLate(smpp.MessageID(f), pdu.SubmitSMID, r)
}

// note keeps the answer to one part.
func (w *multiSubmit) note(f smpp.Frame, r *request, accepted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !accepted:
		w.last = refusedWith(f)
		w.failed = append(w.failed, failedPart{r.to, w.last})
	case !w.taken:
		w.taken, w.id = true, append(w.id, smpp.MessageID(f)...)
	}
}

// Logged counts one part as done, and answers the ESME with the last one.
func (w *multiSubmit) Logged(uint64) {
	defer w.link.Contain() // this is the ledger's goroutine: a panic would end the process
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open--; w.open > 0 {
		return
	}
	status := smpp.StatusOK
	if !w.taken {
		status = w.last // nobody got it
	}
	body := append(append([]byte(nil), w.id...), 0, byte(len(w.failed)))
	for _, p := range w.failed {
		body = append(body, p.to.TON, p.to.NPI)
		body = append(append(body, p.to.Addr...), 0)
		body = binary.BigEndian.AppendUint32(body, uint32(p.status))
	}
	f := append(smpp.AppendHeader(nil, pdu.SubmitMultiRespID, status, w.seq, len(body)), body...)
	// An ESME that is gone needs no answer.
	_ = w.link.esme.Reply(f, w.seq, time.Time{})
	w.link.esme.Flush()
	w.link.unanswered.settle()
}
