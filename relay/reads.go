package relay

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"readback/relay/access"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// clockSlack is how far in the future a receiver's clock may be.
const clockSlack = 5 * time.Minute

// ledgerOfReads is what this package uses of the ledger of the numbers.
type ledgerOfReads interface {
	// IsUp reports whether records can be appended.
	IsUp() bool
	// Outstanding returns the senders that have assigned number to receiver without the index
	// knowing it yet. A sender that is not zero is the only one in question. The channel is closed
	// when that has changed; it is nil if there are no such senders.
	Outstanding(receiver, sender *message.Addr, number uint16) (senders []message.Addr, changed <-chan struct{})
	// Submit appends a record, and returns when its outcome is known.
	Submit(ctx context.Context, k journal.Kind, appendTo func(dst []byte) []byte) message.Verdict
	// Enqueue queues a record, and does not wait.
	Enqueue(k journal.Kind, appendTo func(dst []byte) []byte) error
	// CatchUp returns when the index has what was reported as logged.
	CatchUp()
}

// Reads takes read responses: it finds the message that each is about, and records the read in the
// log. Its methods may be called from any goroutine.
type Reads struct {
	ledger  ledgerOfReads
	index   *index.Index
	opt     *ReadOptions
	audit   *audit
	metrics *readMetrics
	rates   *access.Rates
	guesses *access.Rates // of callers that must show proofs
	replays *replays
}

// ReadOptions are the settings, and where verdicts are counted and logged.
type ReadOptions struct {
	ReadLimits
	First, Last uint16        // numbers of a cycle
	Keep        time.Duration // how long a message can be read
	Wait        time.Duration // how long a read response waits for the SMSC's answer to its message
	Proofs      access.Proofs // what read responses may show; zero: none is looked at
	Audit       *audit
	Metrics     *readMetrics
}

// ReadLimits are what the operator decides about read responses. Each field is a setting.
type ReadLimits struct {
	ReadRate     int           `key:"reads.rate" default:"600" range:"0..1000000" doc:"reads a minute that are taken for one receiver; 0 is no limit"`
	ReadBurst    int           `key:"reads.burst" default:"1000" range:"1..1000000" doc:"of them at once"`
	ReplayWindow time.Duration `key:"reads.replay_window" default:"10m" range:"0s..24h" doc:"time in which an id of a receiver stands for one read response; 0 is none"`
}

// Validate returns an error that names every limit that is not valid.
func (l *ReadLimits) Validate() error {
	var err error
	if l.ReadRate < 0 || l.ReadRate > 0 && l.ReadBurst <= 0 {
		err = fmt.Errorf("read rate: %d with a burst of %d", l.ReadRate, l.ReadBurst)
	}
	if l.ReplayWindow < 0 {
		err = errors.Join(err, fmt.Errorf("replay window: %s is negative", l.ReplayWindow))
	}
	return err
}

// newReads returns what takes read responses, over a ledger and its index.
func newReads(l ledgerOfReads, ix *index.Index, opt ReadOptions) *Reads {
	return &Reads{
		ledger: l, index: ix, opt: &opt, audit: opt.Audit, metrics: opt.Metrics,
		rates: access.NewRates(opt.ReadRate, opt.ReadBurst), guesses: access.NewGuessRates(opt.ReadRate, opt.ReadBurst),
		replays: newReplays(opt.ReplayWindow),
	}
}

// forget removes from memory what came for a receiver.
func (rs *Reads) forget(receiver message.Addr) {
	rs.rates.Forget(&receiver)
	rs.guesses.Forget(&receiver)
	rs.replays.forget(receiver)
}

// Submit takes a read response. If the verdict accepts it, the log has it and a crash does not lose
// the feedback, or the receiver has opted out. Submit waits for the log, and for the SMSC's answer to
// the message if that is not there yet.
func (rs *Reads) Submit(ctx context.Context, rd Read) message.Verdict {
	if rd.Way == "" {
		rd.Way = "direct"
	}
	v, note := rs.submit(ctx, &rd)
	rs.tell(&rd, v, note)
	return v
}

// Report counts and logs the verdict on what came in one way and could not be parsed. By is zero
// if the caller is not known.
func (rs *Reads) Report(way string, by access.Caller, v message.Verdict) {
	rs.tell(&Read{Way: way, By: by}, v, "")
}

// tell counts and logs a verdict. note is a reason that the caller is not told.
func (rs *Reads) tell(rd *Read, v message.Verdict, note string) {
	rs.metrics.verdicts.WithLabelValues(rd.Way, strconv.Itoa(rs.audit.code(v.Kind))).Inc()
	rs.audit.verdict(rd, v, note)
}

// submit returns the verdict, and a note for the audit log.
func (rs *Reads) submit(ctx context.Context, rd *Read) (v message.Verdict, note string) {
	q, v := rs.check(rd, time.Now())
	if v.IsDecided() {
		return v, ""
	}
	f, v := rs.find(ctx, &q)
	if f == nil {
		v = rs.unknown(&q, v)
	} else {
		v = rs.doubt(rd, &q, f)
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
	return rs.record(ctx, &q, f), ""
}

// unknown returns the verdict when no message was found and v says so. A number outside the range is
// malformed. That is checked last, because messages of an earlier range may be outstanding.
func (rs *Reads) unknown(q *question, v message.Verdict) message.Verdict {
	if v.Kind == message.VerdictNotFound && (q.number < rs.opt.First || q.number > rs.opt.Last) {
		return message.Malformed("number", "is not from "+strconv.Itoa(int(rs.opt.First))+" to "+strconv.Itoa(int(rs.opt.Last)))
	}
	return v
}

// find returns the message that a read response is about. It waits for one that the SMSC has not
// answered yet.
func (rs *Reads) find(ctx context.Context, q *question) (*index.Found, message.Verdict) {
	ctx, cancel := context.WithTimeout(ctx, rs.opt.Wait)
	defer cancel()
	for {
		f, changed, v := rs.look(q)
		if changed == nil {
			return f, v
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, message.TryAgain("message is not answered by the SMSC yet, send it again")
		}
	}
}

// look is find without waiting. If changed is not nil, look is to be called again when it is closed.
func (rs *Reads) look(q *question) (f *index.Found, changed <-chan struct{}, v message.Verdict) {
	senders, changed := rs.ledger.Outstanding(&q.receiver, &q.sender, q.number)
	if !q.sender.IsZero() {
		if changed != nil {
			return nil, changed, v
		}
		f, err := rs.index.FindNumber(&message.Conversation{Sender: q.sender, Receiver: q.receiver}, q.number, rs.today(q))
		return f, nil, verdictOf(f, err)
	}
	all, err := rs.index.FindReceiver(&q.receiver, q.number, rs.today(q))
	if err != nil {
		return nil, nil, message.LedgerDown()
	}
	f, other, ambiguous := pick(all, senders, q.id)
	switch {
	case ambiguous:
		return nil, nil, message.Verdict{Kind: message.VerdictAmbiguous, Field: "sender", Reason: "several senders have this number outstanding"}
	case f == nil && other:
		return nil, changed, v
	}
	return f, nil, verdictOf(f, nil)
}

func (rs *Reads) today(q *question) uint16 {
	return message.DayOf(q.now.Add(rs.opt.Wait + time.Minute).UnixMilli())
}

func verdictOf(f *index.Found, err error) message.Verdict {
	switch {
	case err != nil:
		return message.LedgerDown()
	case f == nil:
		return message.NoSuchMessage()
	}
	return message.Verdict{}
}

// pick chooses one of the messages of a receiver that have a number, for a read response without a
// sender. A repetition is about the same message as before. Otherwise exactly one message must be
// unread: one of all, or one that a sender in senders has sent and that is not in the index yet (other
// is true). If there is none, pick returns any message that was read: recording it again changes
// nothing.
func pick(all []index.Found, senders []message.Addr, id uint64) (f *index.Found, other, ambiguous bool) {
	var done *index.Found
	n := len(senders)
	for i := range all {
		switch {
		case !all[i].Entry.State.IsFinal():
			if !contains(senders, all[i].Place.Conv.Sender) {
				f = &all[i]
				n++
			}
		case id != 0 && all[i].Entry.ReadID == id:
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

func contains(senders []message.Addr, sender message.Addr) bool {
	for _, s := range senders {
		if s == sender {
			return true
		}
	}
	return false
}

// record appends the read to the log, and returns when its outcome is known.
func (rs *Reads) record(ctx context.Context, q *question, f *index.Found) message.Verdict {
	return rs.ledger.Submit(ctx, journal.KindRead, func(dst []byte) []byte {
		return journal.AppendRead(dst, &journal.Record{
			Place: f.Place, Status: q.status, At: q.now.UnixMilli(), ID: q.id,
			ReadAt: max(q.readAt, f.Entry.At), // it cannot have been read before it was sent
		})
	})
}
