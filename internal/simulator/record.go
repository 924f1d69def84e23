package simulator

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// Record is one PDU that came in.
type Record struct {
	Session uint64     // counted from 1 in the order of connecting
	Account string     // system_id of the bind, empty before it
	At      time.Time  // of arrival
	Frame   smpp.Frame // the octets as they came
}

// Recorder keeps the newest PDUs that came in. Its methods may be called from any
// goroutine.
type Recorder struct {
	keep int // static

	mu      sync.Mutex
	kept    []Record // a ring once it is full
	total   int      // of all PDUs ever recorded
	arrived event
}

// record keeps a copy of r.
func (c *Recorder) record(r Record) {
	if c.keep <= 0 {
		return
	}
	r.Frame = bytes.Clone(r.Frame)
	c.mu.Lock()
	if len(c.kept) < c.keep {
		c.kept = append(c.kept, r)
	} else {
		c.kept[c.total%c.keep] = r
	}
	c.total++
	c.arrived.fire()
	c.mu.Unlock()
}

// Received returns the PDUs that are kept, the oldest first; with ids, only those
// of these command_ids. The frames are shared and must not be changed.
func (c *Recorder) Received(ids ...pdu.ID) []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.received(ids)
}

// received is Received with mu held.
func (c *Recorder) received(ids []pdu.ID) []Record {
	var out []Record
	start := 0
	if c.keep > 0 && len(c.kept) == c.keep {
		start = c.total % c.keep
	}
	for i := range c.kept {
		if r := c.kept[(start+i)%len(c.kept)]; isOne(r, ids) {
			out = append(out, r)
		}
	}
	return out
}

// isOne reports whether r has one of the ids; none stands for all.
func isOne(r Record, ids []pdu.ID) bool {
	return len(ids) == 0 || slices.Contains(ids, r.Frame.ID())
}

// Keep is how many PDUs are kept at most.
func (c *Recorder) Keep() int { return c.keep }

// WaitReceived waits until n such PDUs are kept and returns all of them, as
// Received does. When ctx ends first it returns those there are, and the error; n must not be more than Keep.
func (c *Recorder) WaitReceived(ctx context.Context, n int, ids ...pdu.ID) ([]Record, error) {
	err := c.arrived.wait(ctx, &c.mu, func() bool {
		found := 0
		for _, r := range c.kept {
			if isOne(r, ids) {
				found++
			}
		}
		return found >= n
	})
	return c.Received(ids...), err
}
