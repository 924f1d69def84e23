package simulation

import (
	"slices"
	"sync"
	"time"
)

// queueServer is the stream with the feedback of the accounts. It outlives the processes.
type queueServer struct {
	// Guarded by mu.
	mu      sync.Mutex
	last    uint64
	queued  []*queued
	ids     map[string]time.Time // of what was published lately
	taken   map[uint64]time.Time // given to the consumer: until when it is not sent again
	highest uint64               // sequence that was given to the consumer
	changed chan struct{}        // of this life; closed when there may be something to take
	away    time.Time            // until then it cannot be reached
}

// queued is a message of the stream.
type queued struct {
	seq  uint64
	data []byte
	at   time.Time
}

// sameWithin is how long the server recognises a message by its id.
const sameWithin = 2 * time.Minute

func newQueueServer() *queueServer {
	return &queueServer{ids: make(map[string]time.Time), taken: make(map[uint64]time.Time)}
}

// begin starts a life. An embedded server begins anew, too.
func (s *queueServer) begin(embedded bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = make(chan struct{})
	if embedded {
		s.taken, s.highest = make(map[uint64]time.Time), 0
	}
}

// forgetConsumer makes the next consumer one that has been given nothing.
func (s *queueServer) forgetConsumer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken, s.highest = make(map[uint64]time.Time), 0
}

// publish stores a message, unless it was stored lately.
func (s *queueServer) publish(id string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if at, ok := s.ids[id]; ok && now.Sub(at) < sameWithin && !now.Before(at) {
		return
	}
	s.ids[id] = now
	s.last++
	s.queued = append(s.queued, &queued{s.last, slices.Clone(data), now})
	s.announce()
}

func (s *queueServer) announce() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// take gives the consumer the next message; nil: there is none until changed is closed or again is over.
func (s *queueServer) take(ackWait time.Duration) (m *queued, changed <-chan struct{}, again time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	again = time.Minute
	for _, q := range s.queued {
		until, given := s.taken[q.seq]
		if given && until.After(now) && until.Sub(now) <= ackWait {
			again = min(again, until.Sub(now))
			continue
		}
		s.taken[q.seq], s.highest = now.Add(ackWait), max(s.highest, q.seq)
		return q, nil, 0
	}
	return nil, s.changed, again
}

// settle removes a message.
func (s *queueServer) settle(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queued = slices.DeleteFunc(s.queued, func(q *queued) bool { return q.seq == seq })
	delete(s.taken, seq)
}

// giveBack makes a message one that is sent again.
func (s *queueServer) giveBack(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.taken, seq)
	s.announce()
}

// extend puts off the time at which a message is sent again.
func (s *queueServer) extend(seq uint64, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.taken[seq]; ok {
		s.taken[seq] = time.Now().Add(d)
	}
}

// pending is how many messages the consumer has, and the highest sequence of them.
func (s *queueServer) pending() (int, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken), s.highest
}

func (s *queueServer) isAway() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.away)
}

// end is the sequence of the last message.
func (s *queueServer) end() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}
