package simulation

import (
	"errors"
	"slices"
	"sync"
	"time"

	"readback/relay/journal"
)

// logServer is the stream of the log: what a NATS server has of it. It outlives the processes.
type logServer struct {
	w *world

	// Guarded by mu.
	mu sync.Mutex
	logState
	late []request
	away time.Duration // until then it cannot be reached
}

// logState is what a log holds.
type logState struct {
	created int64
	first   uint64 // of the stream
	last    uint64
	batches []logged // oldest first; after damage some sequences are missing
}

// logged is a batch in the log.
type logged struct {
	seq  uint64
	data []byte
	at   time.Duration
}

// request is an append that is on its way to the server.
type request struct {
	at      time.Duration
	data    []byte
	expects uint64
}

var (
	errAway    = errors.New("simulated: the log cannot be reached")
	errTimeout = errors.New("simulated: the log did not answer in time")
	errFull    = errors.New("simulated: no space left")
	errWrong   = errors.New("simulated: wrong last sequence")
)

func newLogServer(w *world) *logServer {
	return &logServer{w: w, logState: logState{created: 1, first: 1}}
}

// arrive stores what has reached the server by now.
func (s *logServer) arrive() {
	now := s.w.now()
	for i := 0; i < len(s.late); {
		if r := s.late[i]; r.at <= now {
			s.late = slices.Delete(s.late, i, i+1)
			s.store(r.data, r.expects)
			continue
		}
		i++
	}
}

// store appends a batch if the log ends where the writer thinks.
func (s *logServer) store(data []byte, expects uint64) bool {
	if expects != s.last {
		return false
	}
	s.last++
	s.batches = append(s.batches, logged{s.last, slices.Clone(data), s.w.now()})
	return true
}

// open returns the log for a writer.
func (s *logServer) open(p *process, writer uint64) (journal.Log, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w.now() < s.away {
		return nil, errAway
	}
	s.arrive()
	info := journal.Info{Created: s.created, First: s.first, Last: s.last, Empty: len(s.batches) == 0}
	if !info.Empty {
		info.First = s.batches[0].seq
		info.Missing = info.Last - info.First + 1 - uint64(len(s.batches))
	}
	return &logClient{s: s, p: p, info: info, last: s.last, rnd: s.w.draw(1, writer)}, nil
}

// newest is the newest batch; nil: there is none.
func (s *logServer) newest() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.batches); n > 0 {
		return slices.Clone(s.batches[n-1].data)
	}
	return nil
}

// since says when the first batch after a sequence was stored; false: there is none.
func (s *logServer) since(seq uint64) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.batches {
		if b.seq > seq {
			return b.at, true
		}
	}
	return 0, false
}

// copyLog copies the state of the log.
func (s *logServer) copyLog() logState {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.logState
	c.batches = slices.Clone(c.batches)
	return c
}

// replace puts another state in place.
func (s *logServer) replace(by logState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logState, s.late = by, nil
	s.batches = slices.Clone(by.batches)
}

// change changes the batches.
func (s *logServer) change(f func([]logged) []logged) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = f(s.batches)
}
