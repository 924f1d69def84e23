package gateway

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/journal"
	"readback/smpp"
	"readback/smpp/receipt"
)

// partsQuery is an ESME's query_sm for a message that went on in parts: it goes on for each of them, and is
// answered once, with what their states come to.
type partsQuery struct {
	link *link
	seq  uint32 // of the ESME's request

	mu     sync.Mutex
	open   int // parts that are not answered
	failed pdu.Status
	states []queryResult // by part
}

// queryResult is the body of a query_sm_resp (SMPP 3.4 §4.8.2).
type queryResult struct {
	id, finalDate []byte
	state         receipt.State
	errorCode     byte
}

// queryParts sends the query_sm f for each part of its message. ok is false if the message has none.
func (s *submitter) queryParts(f smpp.Frame) (ok bool) {
	l := s.link
	id, behind, ok := bytes.Cut(f.Body(), []byte{0})
	if !ok || len(behind) < 2 { // TON, NPI
		return false
	}
	sender, _, ok := bytes.Cut(behind[2:], []byte{0})
	if !ok {
		return false
	}
	ids := l.partIDs(id, sender)
	if len(ids) == 0 {
		return false
	}
	w := &partsQuery{link: l, seq: f.Seq(), open: len(ids), states: make([]queryResult, len(ids))}
	l.unanswered.add(len(ids)) // beside the ESME's request
	for n, id := range ids {
		body := bytes.Join([][]byte{id, behind}, []byte{0})
		seq := f.Seq()
		if n > 0 {
			seq = smpp.OwnSeq // or above
		}
		part := append(smpp.AppendHeader(nil, pdu.QuerySMID, 0, seq, len(body)), body...)
		r := &request{link: l, group: w, n: n}
		if s.esmeEnded() || s.others.send(part, r) != nil {
			w.answered(l, smpp.AppendRefusal(nil, pdu.QuerySMID, smpp.StatusSysErr, 0), r, false)
			l.unanswered.settle()
		}
	}
	return true
}

// partIDs returns the message_ids of a split message of the account by that of its first part; nil if there is
// no such message.
func (l *link) partIDs(id, sender []byte) [][]byte {
	if _, isSplit, known := l.g.sent.Form(l.bind.account, id, sender); known && !isSplit {
		return nil
	}
	if ids := l.g.sent.PartIDs(l.bind.account, id, sender); ids != nil {
		return ids
	}
	is := l.followed(id, sender)
	if is == nil || is.Kind != journal.OwnerSplit {
		return nil
	}
	return l.g.ledger.PartIDs(is.Place.Conv, id, receipt.Key(l.g.opt.IDs.OfResponse(id)))
}

// answered takes the answer to one part, and answers the ESME with the last.
func (w *partsQuery) answered(l *link, f smpp.Frame, r *request, accepted bool) {
	if !w.note(f, r, accepted) {
		return
	}
	defer l.unanswered.settle()
	answer := smpp.AppendRefusal(nil, pdu.QuerySMID, w.failed, w.seq)
	if w.failed == smpp.StatusOK {
		body := whole(w.states).append(nil)
		answer = append(smpp.AppendHeader(nil, pdu.QuerySMRespID, 0, w.seq, len(body)), body...)
	}
	// An ESME that is gone needs no answer.
	_ = l.esme.Reply(answer, w.seq, time.Time{})
	l.esme.Flush()
}

// acceptedLate does nothing: the ESME has its answer.
func (w *partsQuery) acceptedLate(*link, smpp.Frame, *request) {}

// note keeps the answer to one part, and reports whether it was the last one.
func (w *partsQuery) note(f smpp.Frame, r *request, accepted bool) (last bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	status := smpp.StatusOK
	if !accepted {
		status = refusedWith(f)
	} else if ok := w.states[r.n].read(f.Body()); !ok {
		status = smpp.StatusQueryFailed
	}
	if w.failed == smpp.StatusOK {
		w.failed = status
	}
	w.open--
	return w.open == 0
}

// read copies the fields of a body.
func (q *queryResult) read(body []byte) (ok bool) {
	body = bytes.Clone(body)
	id, rest, ok := bytes.Cut(body, []byte{0})
	if !ok {
		return false
	}
	date, rest, ok := bytes.Cut(rest, []byte{0})
	if !ok || len(rest) < 2 {
		return false
	}
	*q = queryResult{id: id, finalDate: date, state: receipt.State(rest[0]), errorCode: rest[1]}
	return true
}

func (q queryResult) append(dst []byte) []byte {
	dst = append(append(dst, q.id...), 0)
	dst = append(append(dst, q.finalDate...), 0)
	return append(dst, byte(q.state), q.errorCode)
}

// whole returns the state of a message whose parts have these states. As long as a part is not final, the
// message is not. Else it has the worst state, as its receipt has, and the last date.
func whole(parts []queryResult) queryResult {
	w := parts[0]
	for _, p := range parts[1:] {
		switch {
		case !isOver(w.state):
		case !isOver(p.state):
			w.state, w.finalDate, w.errorCode = p.state, nil, p.errorCode
		default:
			w.finalDate = slices.MaxFunc([][]byte{w.finalDate, p.finalDate}, bytes.Compare)
			if p.state.IsWorse(w.state) {
				w.state, w.errorCode = p.state, p.errorCode
			}
		}
	}
	return w
}

// isOver reports whether nothing more happens to a part in this state. A receipt with ACCEPTED may be the last
// one; a query_sm_resp with it is not.
func isOver(s receipt.State) bool { return s.IsFinal() && s != receipt.Accepted }
