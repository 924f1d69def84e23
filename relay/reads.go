package relay

import (
	"context"
	"log/slog"
	"strconv"
	"time"
)

// clockSlack is how far in the future a receiver's clock may be.
const clockSlack = 5 * time.Minute

// Reads takes read responses: it finds out which message each is about, and has the
// log know. Its methods may be called from any goroutine.
type Reads struct {
	ledger  *Ledger
	index   *index
	opt     *Options
	metrics *metrics
	log     *slog.Logger
	mask    func(string) string
}

// readWait is one who waits for what a read record came to.
type readWait struct{ outcome chan outcome }

func (w *readWait) tell(o outcome) { w.outcome <- o } // it has room for one, and is told once

// Submit takes a read response. The verdict 202 means that the log has it, and that a
// crash will not lose the feedback on it. Submit waits for the log, and for the
// SMSC's answer to the message if that is not there yet.
func (rs *Reads) Submit(ctx context.Context, rd Read) Verdict {
	v := rs.submit(ctx, &rd)
	way := rd.Way
	if way == "" {
		way = "direct"
	}
	rs.count(way, v)
	if v.Code != 202 {
		rs.log.Debug("read response refused", "way", way, "receiver", rs.mask(rd.Receiver),
			"number", rd.Number, "verdict", v.Code, "field", v.Field, "reason", v.Reason)
	}
	return v
}

func (rs *Reads) count(way string, v Verdict) {
	rs.metrics.reads.WithLabelValues(way, strconv.Itoa(v.Code)).Inc()
}

func (rs *Reads) submit(ctx context.Context, rd *Read) Verdict {
	q, v := rs.check(rd, time.Now())
	if v.Code != 0 {
		return v
	}
	f, v := rs.find(ctx, &q)
	if f == nil {
		return rs.unknown(&q, v)
	}
	if q.now.Sub(timeOf(f.entry.at)) > rs.opt.Keep {
		return Verdict{Code: 410, Reason: "message is too old"}
	}
	if rs.opt.Proofs.On() && rd.Proof != "" && !rs.proven(f, rd.Proof) {
		return Verdict{Code: 403, Field: "proof", Reason: "is not that of the message"}
	}
	if f.entry.state.final() {
		return Verdict{Code: 202}
	}
	return rs.record(ctx, &q, f)
}

// proven tells whether tag is the proof of the message.
func (rs *Reads) proven(f *found, tag string) bool {
	return rs.opt.Proofs.Check(&f.place.conv, f.place.number, timeOf(f.entry.at), tag)
}

// question is a read response whose fields are right.
type question struct {
	receiver Addr
	sender   Addr // zero: not said
	number   uint16
	status   uint8
	readAt   int64
	id       uint64
	now      time.Time
}

func (rs *Reads) check(rd *Read, now time.Time) (question, Verdict) {
	q := question{number: rd.Number, status: rd.Status, id: hashID(rd.ID), now: now}
	var err error
	if q.receiver, err = NormalAddr(rd.Receiver); err != nil {
		return q, malformed("receiver", err.Error())
	}
	if rd.Sender != "" {
		if q.sender, err = NormalAddr(rd.Sender); err != nil {
			return q, malformed("sender", err.Error())
		}
	}
	switch {
	case !rd.By.speaksFor(&q.receiver):
		return q, Verdict{Code: 403, Field: "receiver", Reason: "is not the caller's"}
	case rd.By.NeedsProof && rd.Proof == "":
		return q, Verdict{Code: 403, Field: "proof", Reason: "is missing"}
	case rd.Status > StatusDeletedUnread:
		return q, malformed("status", "is not 0, 1 or 2")
	case rd.ReadAt.Sub(now) > clockSlack:
		return q, malformed("read_at", "is in the future")
	case len(rd.ID) > maxReadID:
		return q, malformed("id", "is over 256 octets")
	}
	q.readAt = now.UnixMilli()
	if !rd.ReadAt.IsZero() {
		q.readAt = min(q.readAt, rd.ReadAt.UnixMilli())
	}
	if _, err := rs.ledger.status.get(); err != nil {
		return q, unavailable()
	}
	return q, Verdict{}
}

// unknown is the verdict v on a number that nobody has: one that is never given is malformed.
// It is asked last, since messages of another cycle may be outstanding.
func (rs *Reads) unknown(q *question, v Verdict) Verdict {
	if v.Code == 404 && (q.number < rs.opt.First || q.number > rs.opt.Last) {
		return malformed("number", "is not from "+strconv.Itoa(int(rs.opt.First))+" to "+strconv.Itoa(int(rs.opt.Last)))
	}
	return v
}

func unavailable() Verdict { return Verdict{Code: 503, Reason: "ledger is down, send it again"} }

// find returns the message that a read response is about. One that the SMSC has not
// answered yet is waited for.
func (rs *Reads) find(ctx context.Context, q *question) (*found, Verdict) {
	ctx, cancel := context.WithTimeout(ctx, rs.opt.ReadWait)
	defer cancel()
	for {
		f, changed, v := rs.look(q)
		if changed == nil {
			return f, v
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, Verdict{Code: 503, Reason: "message is not answered by the SMSC yet, send it again"}
		}
	}
}

// look is find at this moment; changed is not nil when it is worth to look again.
func (rs *Reads) look(q *question) (f *found, changed <-chan struct{}, v Verdict) {
	senders, changed := rs.ledger.outstanding(&q.receiver, &q.sender, q.number)
	if !q.sender.IsZero() {
		if changed != nil {
			return nil, changed, v
		}
		f, err := rs.index.findNumber(&Conversation{Sender: q.sender, Receiver: q.receiver}, q.number, rs.today(q))
		return f, nil, verdictOf(f, err)
	}
	all, err := rs.index.findReceiver(&q.receiver, q.number, rs.today(q))
	if err != nil {
		return nil, nil, unavailable()
	}
	f, other, ambiguous := pick(all, senders, q.id)
	switch {
	case ambiguous:
		return nil, nil, Verdict{Code: 409, Field: "sender", Reason: "several senders have this number outstanding"}
	case f == nil && other:
		return nil, changed, v
	}
	return f, nil, verdictOf(f, nil)
}

func (rs *Reads) today(q *question) uint16 {
	return dayOf(q.now.Add(rs.opt.ReadWait + time.Minute).UnixMilli())
}

func verdictOf(f *found, err error) Verdict {
	switch {
	case err != nil:
		return unavailable()
	case f == nil:
		return Verdict{Code: 404, Reason: "no such message"}
	}
	return Verdict{}
}

// pick chooses among the conversations of a receiver that know a number, when the read
// response names no sender. A repetition goes to the message that it was about. Else one
// message must be outstanding: one of all, or one that is on its way from a sender in
// senders (other). If none is, any that was read will do: nothing changes.
func pick(all []found, senders []Addr, id uint64) (f *found, other, ambiguous bool) {
	var done *found
	n := len(senders)
	for i := range all {
		switch {
		case !all[i].entry.state.final():
			if !contains(senders, all[i].place.conv.Sender) {
				f = &all[i]
				n++
			}
		case id != 0 && all[i].entry.readID == id:
			return &all[i], false, false
		default:
			done = &all[i]
		}
	}
	switch {
	case n > 1:
		return nil, false, true
	case n == 0:
		return done, false, false
	}
	return f, f == nil, false
}

func contains(senders []Addr, sender Addr) bool {
	for _, s := range senders {
		if s == sender {
			return true
		}
	}
	return false
}

// outstanding returns the senders who have given this number to the receiver without
// the index knowing about it yet; sender is one of them, or zero for any. The channel is
// closed when that has changed; nil when there are none.
func (l *Ledger) outstanding(receiver, sender *Addr, number uint16) (senders []Addr, changed <-chan struct{}) {
	sh := l.table.of(receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sender.IsZero() {
		h := sh.heads[Conversation{Sender: *sender, Receiver: *receiver}]
		if h == nil || !l.isOut(h, number) {
			return nil, nil
		}
		return []Addr{*sender}, h.change()
	}
	for h := sh.busy; h != nil; h = h.busyNext {
		if h.conv.Receiver == *receiver && l.isOut(h, number) {
			senders = append(senders, h.conv.Sender)
			changed = h.change()
		}
	}
	return senders, changed
}

func (l *Ledger) isOut(h *head, number uint16) bool {
	for _, o := range h.out {
		if l.number(o.ordinal) == number {
			return true
		}
	}
	return false
}

// record has the log know, and waits until it does.
func (rs *Reads) record(ctx context.Context, q *question, f *found) Verdict {
	w := &readWait{outcome: make(chan outcome, 1)}
	b := rs.ledger.queue.begin(kindRead)
	if b == nil {
		return unavailable()
	}
	b.buf = appendRead(b.buf, &record{
		place: f.place, status: q.status, at: q.now.UnixMilli(), id: q.id,
		readAt: max(q.readAt, f.entry.at), // it cannot have been read before it was sent
	})
	b.reads = append(b.reads, w)
	rs.ledger.queue.end(b)
	select {
	case o := <-w.outcome:
		return o.verdict()
	case <-ctx.Done():
		return unavailable()
	}
}

func (o outcome) verdict() Verdict {
	switch o {
	case outcomeRead, outcomeDuplicate, outcomeNoted:
		return Verdict{Code: 202}
	case outcomeGone:
		return Verdict{Code: 404, Reason: "no such message"}
	}
	return unavailable()
}
