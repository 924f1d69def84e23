// Package reads decides on read responses: it finds the message that each one is about, checks that
// the caller may report the read, and records it. It also has the opt-outs and shows conversations.
package reads

import (
	"context"
	"strconv"
	"time"

	"readback/relay/access"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// clockSlack is how far in the future a receiver's clock may be.
const clockSlack = 5 * time.Minute

// Service takes read responses: it finds the message that each is about, and records the read in the
// log. Its methods may be called from any goroutine.
type Service struct {
	ledger  Ledger
	index   *index.Index
	opt     *Options
	budget  *Budget
	audit   *Audit
	metrics *Metrics
	rates   *access.Rates
	proven  *access.Rates // of callers that show proofs
	guesses *access.Guesses
	replays *replays
	latest  latest
}

// New returns a service that records reads in a ledger, whose index is ix.
func New(l Ledger, ix *index.Index, opt Options) *Service {
	return &Service{
		ledger: l, index: ix, opt: &opt, budget: opt.Budget, audit: opt.Audit, metrics: opt.Metrics,
		rates: access.NewRates(opt.ReadRate, opt.ReadBurst), proven: access.NewProofRates(opt.ReadRate, opt.ReadBurst),
		guesses: access.NewGuesses(opt.GuessRate),
		replays: newReplays(opt.ReplayWindow),
	}
}

// Forget removes from memory what came for a receiver.
func (rs *Service) Forget(receiver message.Addr) {
	rs.rates.Forget(&receiver)
	rs.proven.Forget(&receiver)
	rs.guesses.Forget(&receiver)
	rs.replays.forget(receiver)
	rs.latest.forget(receiver)
}

// Submit takes a read response. If the verdict accepts it, the log has it and a crash does not lose
// the feedback, or the receiver has opted out. Submit waits for a place, for the log, and for the SMSC's
// answer to the message if that is not there yet.
func (rs *Service) Submit(ctx context.Context, rd Read) message.Verdict {
	if rd.Way == "" {
		rd.Way = "direct"
	}
	place := Request{Way: rd.Way}
	if !rs.budget.Enter(ctx, place) {
		rs.countAndLog(&rd, OverBudget(), "")
		return OverBudget()
	}
	defer rs.budget.Leave(place)
	return rs.decide(ctx, &rd)
}

// decide is Submit with a place.
func (rs *Service) decide(ctx context.Context, rd *Read) message.Verdict {
	v, note := rs.submit(ctx, rd)
	rs.countAndLog(rd, v, note)
	return v
}

// Budget bounds the work of the service. Those who call SubmitAll must have a place of it.
func (rs *Service) Budget() *Budget { return rs.budget }

// NameSubscribers lets the audit log have the hashes of receivers under a key. It must be called before the first read
// response.
func (rs *Service) NameSubscribers(key message.SubscriberKey) { rs.audit.NameSubscribers(key) }

// Report counts and logs the verdict on what came in one way and could not be parsed. By is zero
// if the caller is not known.
func (rs *Service) Report(way string, by access.Caller, v message.Verdict) {
	rs.countAndLog(&Read{Way: way, By: by}, v, "")
}

// countAndLog counts and logs a verdict. note is a reason that the caller is not told.
func (rs *Service) countAndLog(rd *Read, v message.Verdict, note string) {
	rs.metrics.verdicts.WithLabelValues(rd.Way, strconv.Itoa(rs.audit.code(v.Kind))).Inc()
	rs.audit.verdict(rd, v, note)
	rs.latest.note(rd, v)
}

// submit returns the verdict, and a note for the audit log.
func (rs *Service) submit(ctx context.Context, rd *Read) (v message.Verdict, note string) {
	var q query
	rs.budget.Work(func() { q, v = rs.check(rd, time.Now()) })
	if v.IsDecided() {
		return v, ""
	}
	return rs.resolve(ctx, rd, &q)
}

// resolve is submit for a read response whose fields are valid.
func (rs *Service) resolve(ctx context.Context, rd *Read, q *query) (v message.Verdict, note string) {
	f, v := rs.find(ctx, q)
	rs.budget.Work(func() { v, note = rs.judge(rd, q, f, v) })
	if v.IsDecided() {
		return v, note
	}
	return rs.record(q, f)(ctx), ""
}

// judge returns the verdict on a read response about the message f, which is nil if found is the
// verdict of the search. The verdict is undecided if the read is to be recorded.
func (rs *Service) judge(rd *Read, q *query, f *index.Found, found message.Verdict) (v message.Verdict, note string) {
	if f == nil {
		v = rs.unknown(q, found)
		if rd.By.NeedsProof && v.Kind == message.VerdictNotFound {
			rs.guesses.Wrong(rd.By.Source, q.now)
		}
	} else {
		rd.foundIn(&f.Entry)
		v = rs.verify(rd, q, f)
	}
	if v.IsDecided() {
		return rs.hide(rd, v)
	}
	optedOut, err := rs.index.OptOut(&q.receiver)
	switch {
	case err != nil:
		return message.LedgerDown(), ""
	case optedOut > 0:
		rs.metrics.optedOut.Inc()
		return message.Accept(), "receiver has opted out"
	case f.Entry.State.IsFinal():
		return message.Accept(), "was known"
	}
	return v, ""
}

// unknown returns the verdict when no message was found and v says so. A number outside the range is
// malformed. That is checked last, because messages of an earlier range may be outstanding.
func (rs *Service) unknown(q *query, v message.Verdict) message.Verdict {
	if v.Kind == message.VerdictNotFound && (q.number < rs.opt.First || q.number > rs.opt.Last) {
		return message.Malformed("number", "is not from "+strconv.Itoa(int(rs.opt.First))+" to "+strconv.Itoa(int(rs.opt.Last)))
	}
	return v
}

// record queues the read for the log. wait returns when its outcome is known.
func (rs *Service) record(q *query, f *index.Found) (wait func(context.Context) message.Verdict) {
	return rs.ledger.Append(journal.KindRead, func(dst []byte) []byte {
		return journal.AppendRead(dst, &journal.Record{
			Place: f.Place, Status: q.status, At: q.now.UnixMilli(), ID: q.id, Way: []byte(q.way),
			ReadAt: max(q.readAt, f.Entry.At), // it cannot have been read before it was sent
		})
	})
}
