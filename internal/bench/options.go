package bench

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// Options say what is measured. Zero values stand for the defaults named.
type Options struct {
	Binary              string // this program: load, sink and relay, and the gateway
	Against             string // another release's program, measured in turn; empty: none
	Label, AgainstLabel string // what they are called in the report: what `readback version` says

	Dir string // where stores are made, on the disk that counts; empty: the system's temporary directory

	All           bool          // everything
	Ways          []Way         // all, or those that a part is about
	Windows       []int         // unanswered messages of a bind: 1, 16, 256
	Time          time.Duration // of each load: 3 s
	Messages      int           // of each load; zero: as many as Time allows
	Rounds        int           // times that each load is measured; the median counts: 1
	Binds         int           // 4
	Conversations int           // 100,000
	Octets        int           // of text in a message: 18

	Rate   float64 // messages a second, for latencies; zero: no such part
	Hot    bool    // all messages in one conversation
	Record int     // conversations on record before known and new ones are measured; zero: no such part
	Idle   int     // sessions that send nothing; zero: no such part

	Progress io.Writer // nil: nowhere
}

// DefaultTime is how long a load takes.
const DefaultTime = 3 * time.Second

// Bounds of the options.
const (
	maxWindow        = 10_000
	maxBinds         = 10_000
	maxConversations = 50_000_000
	maxOctets        = 154 // more has no room for a number (docs/wire.md)
)

// withDefaults fills in what was left empty, and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if len(o.Windows) == 0 {
		o.Windows = []int{1, 16, 256}
	}
	o.Time = cmp.Or(o.Time, DefaultTime)
	o.Rounds, o.Binds = cmp.Or(o.Rounds, 1), cmp.Or(o.Binds, 4)
	o.Conversations, o.Octets = cmp.Or(o.Conversations, 100_000), cmp.Or(o.Octets, 18)
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.All {
		o.Record, o.Idle = cmp.Or(o.Record, allRecord), cmp.Or(o.Idle, allIdle)
	}
	if o.Against != "" {
		path, err := exec.LookPath(o.Against)
		if err != nil {
			return o, fmt.Errorf("--against: build the other release (git worktree add, go build ./cmd/readback) and name its file: %w", err)
		}
		o.Against = path
	}
	return o, o.check()
}

func (o Options) check() error {
	for _, w := range o.Windows {
		if w < 1 || w > maxWindow {
			return fmt.Errorf("window %d is outside 1…%d", w, maxWindow)
		}
	}
	for _, w := range o.Ways {
		if _, ok := routeOf(w); !ok {
			return fmt.Errorf("there is no way %q; there are %q", w, Ways())
		}
	}
	switch {
	case o.Binary == "":
		return errors.New("the program to measure is not named")
	case o.Time < 0 || o.Messages < 0 || o.Rounds < 0 || o.Rate < 0:
		return errors.New("a time, rate or count is below zero")
	case o.Binds < 1 || o.Binds > maxBinds || o.Idle < 0 || o.Idle > maxBinds:
		return fmt.Errorf("binds and idle sessions: 1…%d", maxBinds)
	case o.Conversations < 1 || o.Conversations > maxConversations || o.Record < 0 || o.Record > maxConversations:
		return fmt.Errorf("conversations: 1…%d", maxConversations)
	case o.Octets < 1 || o.Octets > maxOctets:
		return fmt.Errorf("%d octets of text: 1…%d, more has no room for a number", o.Octets, maxOctets)
	}
	if o.Dir != "" {
		if _, err := os.Stat(o.Dir); err != nil {
			return fmt.Errorf("--dir: %w", err)
		}
	}
	return nil
}

// wants reports whether a way is measured.
func (b *bench) wants(w Way) bool {
	if w == HAProxy && b.haproxy == "" {
		return false
	}
	return len(b.opt.Ways) == 0 || slices.Contains(b.opt.Ways, w)
}
