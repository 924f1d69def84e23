package gateway

import (
	"bytes"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// partsCancel is an ESME's cancel_sm for a message that went on in parts: it goes on for each
// of them, and is answered once, with the status of one that was refused if any was. The link's queue sends
// again what the SMSC refuses for now, as it does with the parts of a message.
type partsCancel struct {
	link  *link
	seq   uint32       // of the ESME's request
	parts []smpp.Frame // a cancel_sm for each part
	until time.Time    // when the ESME must have its answer

	mu    sync.Mutex
	tally // guarded by mu
}

// newPartsCancel returns the partsCancel of the cancel_sm f. ok is false if the message has no parts.
func newPartsCancel(l *link, f smpp.Frame) (w *partsCancel, ok bool) {
	before, id, behind, ok := cutCancel(f)
	if !ok {
		return nil, false
	}
	ids := l.partsToCancel(id, behind)
	if len(ids) == 0 {
		return nil, false
	}
	w = &partsCancel{link: l, seq: f.Seq(), tally: tally{open: len(ids)}}
	for n, id := range ids {
		body := bytes.Join([][]byte{before, append(bytes.Clone(id), 0), behind}, nil)
		seq := f.Seq()
		if n > 0 {
			seq = smpp.OwnSeq // or above
		}
		w.parts = append(w.parts, append(smpp.AppendHeader(nil, pdu.CancelSMID, 0, seq, len(body)), body...))
	}
	return w, true
}

// send sends the cancel_sm for each part.
func (w *partsCancel) send() {
	l := w.link
	l.unanswered.add(len(w.parts)) // beside the ESME's request
	w.until = time.Now().Add(l.g.opt.ResponseTimeout)
	for n, part := range w.parts {
		r := &request{link: l, group: w, n: n}
		if l.submitter.esmeEnded() || l.submitter.others.send(part, r) != nil {
			w.answered(l, smpp.AppendRefusal(nil, pdu.CancelSMID, smpp.StatusSysErr, 0), r, false)
			l.unanswered.settle()
		}
	}
}

// answered takes the answer to one part, and answers the ESME with the last.
func (w *partsCancel) answered(l *link, f smpp.Frame, r *request, accepted bool) {
	status := smpp.StatusOK
	if !accepted {
		status = refusedWith(f)
	}
	v := w.note(r.n, status)
	l.queue(w, v)
	if v == succeeds || v == fails {
		w.finish()
	}
}

// acceptedLate does nothing: the ESME has been told that the message may not be cancelled.
func (w *partsCancel) acceptedLate(*link, smpp.Frame, *request) {}

// note counts the answer to one part, unless the ESME has its answer.
func (w *partsCancel) note(n int, status pdu.Status) verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return undecided
	}
	return w.tally.note(n, status)
}

// finish answers the ESME.
func (w *partsCancel) finish() {
	l := w.link
	defer l.unanswered.settle()
	// An ESME that is gone needs no answer.
	_ = l.esme.Reply(smpp.AppendHeader(nil, pdu.CancelSMRespID, w.failed, w.seq, 0), w.seq, time.Time{})
	l.esme.Flush()
}

// Repeat sends the first cancel_sm that is held.
func (w *partsCancel) Repeat() error {
	w.mu.Lock()
	n, ok := w.next()
	w.mu.Unlock()
	if !ok {
		return errNothingLeft
	}
	err := w.link.repeat(w.parts[n], &request{link: w.link, group: w, n: n})
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.unsent(n)
	}
	return err
}

// Until returns when the ESME must have its answer.
func (w *partsCancel) Until() time.Time { return w.until }

// GiveUp answers the ESME, unless that is decided already.
func (w *partsCancel) GiveUp() {
	w.mu.Lock()
	ends := w.end()
	w.mu.Unlock()
	if ends {
		w.finish()
	}
}

// cutCancel cuts the body of a cancel_sm at its message_id (SMPP 3.4 §4.9.1); behind begins
// with source_addr_ton.
func cutCancel(f smpp.Frame) (before, id, behind []byte, ok bool) {
	_, rest, ok := bytes.Cut(f.Body(), []byte{0}) // service_type
	if !ok {
		return nil, nil, nil, false
	}
	before = f.Body()[:len(f.Body())-len(rest)]
	id, behind, ok = bytes.Cut(rest, []byte{0})
	return before, id, behind, ok && len(id) > 0
}

// partsToCancel returns the message_ids of the parts of the message that a cancel_sm names; nil if it has none.
// behind is what follows message_id. destination_addr may be empty, since message_id says which message it is
// (SMPP 3.4 §4.9.1): then the newest messages are known.
func (l *link) partsToCancel(id, behind []byte) [][]byte {
	addrs, ok := cancelAddresses(behind)
	if !ok {
		return nil
	}
	if len(addrs[1]) == 0 {
		return l.g.sent.PartIDs(l.bind.account, id, addrs[0])
	}
	var c message.Conversation
	for i, to := range []*message.Addr{&c.Sender, &c.Receiver} {
		var err error
		if *to, err = message.NormalAddr(addrs[i]); err != nil {
			return nil
		}
	}
	return l.g.ledger.PartIDs(c, id, receipt.Key(l.g.opt.IDs.OfResponse(id)))
}

// cancelAddresses reads source_addr and destination_addr.
func cancelAddresses(b []byte) (addrs [2][]byte, ok bool) {
	for i := range addrs {
		if len(b) < 2 { // TON, NPI
			return addrs, false
		}
		var found bool
		if addrs[i], b, found = bytes.Cut(b[2:], []byte{0}); !found {
			return addrs, false
		}
	}
	return addrs, true
}
