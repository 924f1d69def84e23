package feedback

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/lru"
	"readback/relay/index"
	"readback/relay/message"
)

// maxErasures is how many erasures are remembered, for feedback that is on its way to a
// session at that moment.
const maxErasures = 1024

// erasures has the receivers that were erased recently.
type erasures struct {
	*shared
	purged *lru.Cache[purgeKey, uint64] // owned by the erasure at work: up to which sequence nothing is left

	// Guarded by mu.
	mu  sync.Mutex
	all *lru.Cache[message.Addr, time.Time]
}

type purgeKey struct {
	stream   string
	receiver message.Addr
}

func newErasures(s *shared) *erasures {
	return &erasures{
		shared: s,
		purged: lru.New[purgeKey, uint64](maxErasures),
		all:    lru.New[message.Addr, time.Time](maxErasures),
	}
}

// note notes that all feedback about a receiver that came until now is erased.
func (e *erasures) note(receiver message.Addr, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all.Put(receiver, now)
}

// covers reports whether a feedback was erased.
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

// purge deletes the feedback about a receiver from a stream. It begins behind the messages that it has
// searched before.
func (e *erasures) purge(ctx context.Context, stream string, receiver message.Addr) error {
	s, err := e.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	state, key := s.CachedInfo().State, purgeKey{stream, receiver}
	done, _ := e.purged.Get(key)
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
		if seq = m.Sequence; index.IsAbout(m.Data, receiver) {
			err = s.SecureDeleteMsg(ctx, seq)
			if err != nil && !errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) { // it was settled meanwhile
				return fmt.Errorf("erase: %w", err)
			}
		}
		e.purged.Put(key, seq)
	}
	return nil
}

// erase drops feedback that was erased and is held for a session. A feedback that is being delivered
// is dropped if the delivery fails.
func (s *accounts) erase() {
	for _, a := range s.now() {
		a.change(func(o *schedule) {
			for _, h := range o.all() {
				if h.by == nil && a.erasures.covers(h.fb) {
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
