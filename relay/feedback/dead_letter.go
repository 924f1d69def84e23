package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/lograte"
	"readback/relay/message"
)

// Headers of a dead letter.
const (
	headerAccount = "Readback-Account"
	headerEvent   = "Readback-Event"
	headerReason  = "Readback-Reason"
	headerTime    = "Readback-Time"
	headerTries   = "Readback-Tries"
)

// letter is a feedback that is to become a dead letter.
type letter struct {
	account, event string
	data           []byte
	seq            uint64 // in the feedback stream
	tries          int    // that were refused before
}

// deadLetters has the feedback that was given up.
type deadLetters struct {
	*shared
	waiting *waiting
	lines   lograte.Lines // for want of room
}

// maxReason bounds the reason of a dead letter, in octets.
const maxReason = 1024

// store makes a dead letter of a feedback. One that is too large even for that is lost, which an ERROR
// says, because nothing could ever be done with it.
func (ds *deadLetters) store(ctx context.Context, l *letter, cause error) error {
	ctx, done := lasting(ctx)
	defer done()
	m := nats.NewMsg(deadSubject + accountToken(l.account))
	m.Data = l.data
	m.Header.Set(headerEvent, l.event)
	m.Header.Set(headerAccount, l.account)
	m.Header.Set(headerReason, reasonOf(cause))
	m.Header.Set(headerTime, time.Now().UTC().Format(time.RFC3339))
	m.Header.Set(headerTries, strconv.Itoa(l.tries+1))
	// With the id of the event alone the stream would drop a letter that was replayed and given up again.
	m.Header.Set(nats.MsgIdHdr, fmt.Sprintf("%s-%d", l.event, l.seq))
	publish := func(m *nats.Msg) error { return ds.publish(ctx, m) }
	err := publish(m)
	if isTooLarge(err) {
		err = publishShorter(m, err, publish)
	}
	if isTooLarge(err) {
		ds.log.Error("feedback is lost: it is too large for a dead letter", append(l.about(), "octets", len(m.Data), "error", cause)...)
		return nil
	}
	if err != nil {
		return fmt.Errorf("publish dead letter: %w", err)
	}
	if errors.Is(cause, errQueuesFull) { // as often as there are reads
		ds.lines.Warn(ds.log, "feedback is a dead letter", cause.Error(), l.about()...)
		return nil
	}
	ds.log.Warn("feedback is a dead letter", append(l.about(), "error", cause)...)
	return nil
}

// storeWaiting makes a dead letter of a feedback that is in its queue, and counts it.
func (ds *deadLetters) storeWaiting(ctx context.Context, queues jetstream.Stream, m *jetstream.RawStreamMsg, cause error, outcome string) error {
	var fb message.Feedback
	_ = json.Unmarshal(m.Data, &fb) // what cannot be read is kept as it is
	account := accountOf(strings.TrimPrefix(m.Subject, queueSubject))
	if err := ds.store(ctx, &letter{account: account, event: fb.Event, data: m.Data, seq: m.Sequence}, cause); err != nil {
		return err
	}
	if err := deleteMsg(ctx, queues, m.Sequence); err != nil {
		return fmt.Errorf("remove what is a dead letter from %s: %w", m.Subject, err)
	}
	ds.metrics.outcomes.WithLabelValues(outcome).Inc()
	return nil
}

// reasonOf returns why a feedback is given up, for a header.
func reasonOf(cause error) string {
	reason := cause.Error()
	return reason[:min(len(reason), maxReason)]
}

// DeadLetter is a feedback that was given up.
type DeadLetter struct {
	ID       uint64          `json:"id"`
	Account  string          `json:"account"`
	Event    string          `json:"event"`
	Reason   string          `json:"reason"`
	Time     time.Time       `json:"time"`  // when it was given up
	Tries    int             `json:"tries"` // by the process that gave it up
	Feedback json.RawMessage `json:"feedback"`
}

// DeadQuery chooses dead letters.
type DeadQuery struct {
	Account string // empty: of all accounts
	Event   string // empty: all events
	After   uint64 // those with a higher ID
	Until   uint64 // up to this ID; 0: those there are now
	Limit   int    // how many are looked at
}

// deadAge is how long dead letters are kept.
const deadAge = 7 * 24 * time.Hour

// MaxPage is how many dead letters are looked at in one call.
const MaxPage = 1000

// each calls f with the dead letters that q chooses, oldest first, until f returns an error. It
// returns the query for the rest, nil when it has seen them all. What is replayed and becomes a dead
// letter again meanwhile is not among them.
func (ds *deadLetters) each(ctx context.Context, q DeadQuery, f func(jetstream.Stream, *DeadLetter) error) (rest *DeadQuery, err error) {
	stream, err := ds.js.Stream(ctx, deadStream)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", deadStream, err)
	}
	if q.Until == 0 {
		q.Until = stream.CachedInfo().State.LastSeq
	}
	subject := deadSubject + "*"
	if q.Account != "" && message.IsASCII(q.Account) {
		subject = deadSubject + accountToken(q.Account)
	}
	for range min(max(q.Limit, 1), MaxPage) {
		m, err := stream.GetMsg(ctx, q.After+1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && m.Sequence > q.Until {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("dead letter after %d: %w", q.After, err)
		}
		q.After = m.Sequence
		if d := deadLetter(m); (q.Event == "" || q.Event == d.Event) && q.isOf(d.Account) {
			if err := f(stream, d); err != nil {
				return nil, err
			}
		}
	}
	return &q, nil
}

// isOf reports whether q chooses the letters of an account. Beyond ASCII it may be said in UTF-8 or Latin-1.
func (q *DeadQuery) isOf(account string) bool {
	return q.Account == "" || message.Shown(q.Account) == message.Shown(account)
}

func deadLetter(m *jetstream.RawStreamMsg) *DeadLetter {
	d := &DeadLetter{
		ID: m.Sequence, Account: accountOf(strings.TrimPrefix(m.Subject, deadSubject)), Event: m.Header.Get(headerEvent),
		Reason: m.Header.Get(headerReason), Time: m.Time.UTC(), Feedback: m.Data,
	}
	d.Tries, _ = strconv.Atoi(m.Header.Get(headerTries))
	if !json.Valid(d.Feedback) {
		d.Feedback = []byte("null") // it was given up because of that
	}
	return d
}

// DeadLetters returns dead letters, oldest first. rest is the query for the next page; nil when there
// is none.
func (ds *deadLetters) DeadLetters(ctx context.Context, q DeadQuery) (letters []DeadLetter, rest *DeadQuery, err error) {
	letters = []DeadLetter{}
	rest, err = ds.each(ctx, q, func(_ jetstream.Stream, d *DeadLetter) error {
		letters = append(letters, *d)
		return nil
	})
	return letters, rest, err
}

// Replay puts dead letters back into their accounts' queues, oldest first, and returns how
// many. A crash in between puts one back twice at most.
func (ds *deadLetters) Replay(ctx context.Context, q DeadQuery) (n int, rest *DeadQuery, err error) {
	rest, err = ds.each(ctx, q, func(stream jetstream.Stream, d *DeadLetter) error {
		ctx, done := lasting(ctx)
		defer done()
		m := nats.NewMsg(queueSubject + accountToken(d.Account))
		m.Data = d.Feedback
		// Not the id of the first time: the stream may remember that, and drop this one.
		m.Header.Set(nats.MsgIdHdr, fmt.Sprintf("replay-%d", d.ID))
		if _, err := ds.js.PublishMsg(ctx, m); err != nil {
			return fmt.Errorf("replay %d: %w", d.ID, err)
		}
		ds.waiting.add(d.Account)
		return ds.remove(ctx, stream, d, "replayed", &n)
	})
	return n, rest, err
}

// Drop forgets dead letters, and returns how many.
func (ds *deadLetters) Drop(ctx context.Context, q DeadQuery) (n int, rest *DeadQuery, err error) {
	rest, err = ds.each(ctx, q, func(stream jetstream.Stream, d *DeadLetter) error {
		return ds.remove(ctx, stream, d, "dropped", &n)
	})
	return n, rest, err
}

// remove removes a dead letter, and counts and logs it.
func (ds *deadLetters) remove(ctx context.Context, stream jetstream.Stream, d *DeadLetter, outcome string, n *int) error {
	if err := deleteMsg(ctx, stream, d.ID); err != nil {
		return fmt.Errorf("remove dead letter %d: %w", d.ID, err)
	}
	ds.metrics.outcomes.WithLabelValues(outcome).Inc()
	ds.log.Info("dead letter "+outcome, "account", d.Account, "event", d.Event)
	*n++
	return nil
}

// expire drops dead letters that were kept for long enough.
func (ds *deadLetters) expire(ctx context.Context) error {
	stream, err := ds.js.Stream(ctx, deadStream)
	if err != nil {
		return fmt.Errorf("stream %s: %w", deadStream, err)
	}
	ds.metrics.letters.Set(float64(stream.CachedInfo().State.Msgs))
	for range maxSwept {
		m, err := stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(deadSubject+"*"))
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && time.Since(m.Time) < deadAge {
			return nil
		}
		if err != nil {
			return fmt.Errorf("oldest dead letter: %w", err)
		}
		if err := deleteMsg(ctx, stream, m.Sequence); err != nil {
			return fmt.Errorf("drop dead letter: %w", err)
		}
		ds.metrics.outcomes.WithLabelValues("dropped").Inc()
		ds.log.Warn("dead letter dropped: kept for 7 days", "account", m.Header.Get(headerAccount),
			"event", m.Header.Get(headerEvent), "reason", m.Header.Get(headerReason))
	}
	return nil
}
