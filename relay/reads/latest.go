package reads

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"readback/relay/message"
)

// Bounds of the verdicts that are kept for the operator to look at.
const (
	keptVerdicts = 200
	maxNoted     = 50 // in a second; more are passed over
)

// Decided is a read response and the verdict on it, as the operator sees them.
type Decided struct {
	ID               uint64 // counts up
	Time             time.Time
	Way, Caller      string
	Sender, Receiver string // as they came; empty if the read response could not be parsed
	Number           uint16
	Status           uint8
	Verdict          message.Verdict
}

// latest keeps the last verdicts. It never waits for whoever looks at them.
type latest struct {
	noted atomic.Int64 // the second, in Unix time, and behind it an octet: how many were noted in it

	mu   sync.Mutex
	kept []Decided // guarded by mu: a ring when it is full
	n    uint64    // guarded by mu: how many were noted
}

// wants reports whether there is room for another verdict in this second.
func (l *latest) wants(now time.Time) bool {
	for {
		noted, first := l.noted.Load(), now.Unix()<<8
		switch {
		case noted < first:
			if l.noted.CompareAndSwap(noted, first+1) {
				return true
			}
		case noted&0xff >= maxNoted:
			return false
		case l.noted.CompareAndSwap(noted, noted+1):
			return true
		}
	}
}

// note keeps a verdict, unless there were many in this second.
func (l *latest) note(rd *Read, v message.Verdict) {
	now := time.Now()
	if !l.wants(now) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	d := Decided{
		ID: l.n + 1, Time: now, Way: rd.Way, Caller: rd.By.Name, Sender: rd.Sender, Receiver: rd.Receiver,
		Number: rd.Number, Status: rd.Status, Verdict: v,
	}
	if len(l.kept) < keptVerdicts {
		l.kept = append(l.kept, d)
	} else {
		l.kept[l.n%keptVerdicts] = d
	}
	l.n++
}

// all returns what is kept, the newest first.
func (l *latest) all() []Decided {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Clone(l.kept)
	slices.SortFunc(all, func(a, b Decided) int { return int(b.ID) - int(a.ID) })
	return all
}

// forget takes the receiver out of what is kept.
func (l *latest) forget(receiver message.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.kept {
		if of, err := message.ParsePhoneNumber(l.kept[i].Receiver); err == nil && of == receiver {
			l.kept[i].Receiver, l.kept[i].Sender = "", ""
		}
	}
}

// Latest returns the last verdicts, the newest first: at most 200, and of many that come at once only some.
func (rs *Service) Latest() []Decided { return rs.latest.all() }
