package simulator

import (
	"cmp"
	"slices"
	"time"
)

// Reset forgets what the SMSC has stored: received PDUs, messages and their states, receipts that wait, and
// all handsets with their inboxes, except those that somebody waits for. message_ids begin again. Sessions stay bound, and answers that never come no longer
// count as unanswered.
func (c *SMSC) Reset() {
	c.generation.Add(1) // receipts that are late are dropped
	c.Recorder.reset()
	c.store.reset()
	c.mu.Lock()
	for _, a := range c.accounts {
		a.mu.Lock()
		a.receipts = nil
		a.mu.Unlock()
	}
	for s := range c.sessions {
		s.lost.Store(0)
	}
	c.mu.Unlock()
	if c.network != nil {
		c.network.reset()
	}
}

// unlessReset returns a job that does nothing after the next Reset.
func (c *SMSC) unlessReset(job func()) func() {
	born := c.generation.Load()
	return func() {
		if c.generation.Load() == born {
			job()
		}
	}
}

func (c *Recorder) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept, c.total = nil, 0
}

func (s *store) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.enroute)
	for i := range s.states {
		s.states[i].Store(0)
	}
	s.next.Store(firstID)
}

func (n *Network) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for msisdn, h := range n.handsets {
		h.mu.Lock()
		h.parts, h.inbox, h.total = assembly{}, nil, 0
		if !h.arrived.isAwaited() {
			delete(n.handsets, msisdn)
		}
		h.mu.Unlock()
	}
}

// SessionInfo is a session as it is now.
type SessionInfo struct {
	Session    uint64 // counted from 1 in the order of connecting
	Account    string // empty before the bind
	Remote     string
	Since      time.Time
	Transmits  bool
	Receives   bool
	Unanswered int // message operations
}

// Sessions lists the sessions, in the order of connecting.
func (c *SMSC) Sessions() []SessionInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]SessionInfo, 0, len(c.sessions))
	for s := range c.sessions {
		i := SessionInfo{
			Session: s.id, Account: s.accountName(), Remote: s.conn.RemoteAddr().String(), Since: s.since,
			Unanswered: s.unanswered(),
		}
		if i.Account != "" {
			i.Transmits, i.Receives = s.transmits, s.receives
		}
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b SessionInfo) int { return cmp.Compare(a.Session, b.Session) })
	return all
}
