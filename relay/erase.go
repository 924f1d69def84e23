package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/crash"
	"readback/internal/lru"
	"readback/relay/journal"
	"readback/relay/message"
)

// maxErasures is how many erasures are remembered, for feedback that is on its way to a
// session at that moment.
const maxErasures = 1024

// erasures are the receivers that were erased of late.
type erasures struct {
	one    chan struct{}                // has room for the one at work
	purged *lru.Cache[purgeKey, uint64] // owned by that one: up to which sequence nothing is left

	// Guarded by mu.
	mu  sync.Mutex
	all *lru.Cache[message.Addr, time.Time]
}

type purgeKey struct {
	stream   string
	receiver message.Addr
}

func newErasures() *erasures {
	return &erasures{
		one:    make(chan struct{}, 1),
		purged: lru.New[purgeKey, uint64](maxErasures),
		all:    lru.New[message.Addr, time.Time](maxErasures),
	}
}

// note says that what was known of a receiver until now is erased.
func (e *erasures) note(receiver message.Addr, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all.Put(receiver, now)
}

// covers tells whether a feedback was erased.
func (e *erasures) covers(fb *message.Feedback) bool {
	receiver, err := message.NormalAddr(fb.Receiver)
	if err != nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	until, ok := e.all.Get(receiver)
	return ok && !fb.ReceivedAt.After(until)
}

// Erase removes all that is known of a receiver but an opt-out: its messages, the feedback
// that waits, dead letters, receipts that are held. A hash of each conversation stays with how far its numbers got.
// What the log says of it stays there until it is as old as Keep, and a day; it is brought
// back by nothing. The verdict is 202 when that is done; any other leaves some of it, and
// Erase is to be called again.
func (r *Relay) Erase(ctx context.Context, receiver message.Addr) Verdict {
	defer crash.OnPanic()
	if !r.status.up.Load() {
		return unavailable()
	}
	select {
	case r.erasures.one <- struct{}{}:
		defer func() { <-r.erasures.one }()
	case <-ctx.Done():
		return tryAgain("others are being erased, send it again")
	}
	now := time.Now()
	v := r.eraseIndex(ctx, receiver, now)
	if v.Code != 202 {
		return v
	}
	r.erasures.note(receiver, now)
	r.ledger.forget(receiver, now)
	r.reads.rates.Forget(&receiver)
	r.reads.guesses.Forget(&receiver)
	r.reads.replays.forget(receiver)
	for _, stream := range []string{streamHeld, streamFeedback, streamDead, streamEvents} {
		if err := r.purge(ctx, stream, receiver); err != nil {
			r.log.Warn("feedback cannot be erased", "stream", stream, "error", err)
			return tryAgain("not all is erased yet, send it again")
		}
	}
	r.accounts.erase()
	r.metrics.erased.Inc()
	return v
}

// eraseIndex has the log know, and the index do it. Meanwhile nothing is on its way from the
// outboxes to the queue and the event stream.
func (r *Relay) eraseIndex(ctx context.Context, receiver message.Addr, now time.Time) Verdict {
	r.publishing.Lock()
	defer r.publishing.Unlock()
	r.publishingEvents.Lock()
	defer r.publishingEvents.Unlock()
	return r.ledger.submit(ctx, journal.KindErase, func(dst []byte) []byte {
		return journal.AppendErase(dst, &receiver, now.UnixMilli())
	})
}

// purge deletes the feedback about a receiver from a stream. What it has gone through
// it need not go through again.
func (r *Relay) purge(ctx context.Context, stream string, receiver message.Addr) error {
	s, err := r.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	state, key := s.CachedInfo().State, purgeKey{stream, receiver}
	done, _ := r.erasures.purged.Get(key)
	if done > state.LastSeq {
		done = 0 // it is another stream
	}
	for seq := max(done+1, state.FirstSeq); seq <= state.LastSeq; seq++ {
		m, err := s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break // nothing from here on
		}
		if err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		if seq = m.Sequence; isAbout(m.Data, receiver) {
			err = s.SecureDeleteMsg(ctx, seq)
			if err != nil && !errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) { // it was settled meanwhile
				return fmt.Errorf("erase: %w", err)
			}
		}
		r.erasures.purged.Put(key, seq)
	}
	return nil
}

// isAbout tells whether a feedback, in JSON, is about a receiver.
func isAbout(feedback []byte, receiver message.Addr) bool {
	var fb struct {
		Receiver string `json:"receiver"`
	}
	if json.Unmarshal(feedback, &fb) != nil {
		return false
	}
	a, err := message.NormalAddr(fb.Receiver)
	return err == nil && a == receiver
}

// erase drops feedback that was erased and is held for a session. What is being told at
// this moment is dropped when that fails.
func (s *accounts) erase() {
	for _, a := range s.now() {
		a.change(func(o *order) {
			for _, h := range o.all() {
				if !h.telling && a.relay.erasures.covers(h.fb) {
					o.telling++ // done counts it down
					_ = h.msg.Term()
					o.done(h, jetstream.Msg.Term)
				}
			}
		})
	}
}

// now returns the accounts that have a session now.
func (s *accounts) now() []*account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.all))
}

// forget drops from memory what the index knows as well of a receiver's conversations.
func (l *Ledger) forget(receiver message.Addr, now time.Time) {
	sh := l.table.of(&receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for c, h := range sh.heads {
		if c.Receiver == receiver && h.clean(now) {
			sh.unlink(h)
			delete(sh.heads, c)
		}
	}
}
