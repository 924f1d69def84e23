package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Part is what a table is about.
type Part string

// The parts.
const (
	Windows       Part = "windows"       // the ways side by side, a table for each window
	Reads         Part = "reads"         // read responses, until the ESME has acknowledged the feedback
	Paced         Part = "paced"         // at a rate that all ways can carry, for latencies
	Hot           Part = "hot"           // all messages in one conversation
	Conversations Part = "conversations" // how cost grows with them
	Binds         Part = "binds"
	Octets        Part = "octets"
	Record        Part = "record" // known and new conversations, with many on record
)

// part is a table of the report, and how it is measured.
type part struct {
	kind   Part
	title  string
	setups []Setup
	each   func(*bench, context.Context, Setup) (Sample, error) // measures one load; nil: measure

	special func(*bench, context.Context) ([]Row, error) // measures the part in its own way; nil: in turn
}

// What `--all` measures beyond what is asked for by itself.
const (
	allRate        = 2000
	allReceiptRate = 10_000
	allRecord      = 1_000_000
	allIdle        = 1000
	allPacedTime   = 10 * time.Second // fewer messages say little of the longest times
)

// plan returns the parts that opt asks for, but idle sessions and conversations on record.
func (b *bench) plan() []part {
	o, all := b.opt, []part(nil)
	if o.All || o.ordinary() {
		for _, window := range o.Windows {
			all = append(all, b.windowPart(window))
		}
		all = append(all, b.readsPart())
	}
	if o.Rate > 0 {
		all = append(all, b.pacedPart(o.Rate, o.Time, Direct, Relay, HAProxy, Untracked, Tracked, Receipts))
	} else if o.All {
		paced := max(o.Time, allPacedTime)
		all = append(all, b.pacedPart(allRate, paced, Direct, HAProxy, Untracked, Tracked),
			b.pacedPart(allReceiptRate, paced, Direct, HAProxy, Untracked, Receipts))
	}
	if o.Hot || o.All {
		all = append(all, b.hotPart())
	}
	if o.All {
		all = append(all, b.conversationsPart(), b.bindsPart(), b.octetsPart())
	}
	return slices.DeleteFunc(all, func(p part) bool { return len(p.setups) == 0 })
}

// ordinary reports whether no part is asked for by itself.
func (o Options) ordinary() bool { return o.Rate == 0 && !o.Hot && o.Record == 0 && o.Idle == 0 }

// setup returns what all loads have in common. Parts that are not about windows have the one in the middle.
func (b *bench) setup() Setup {
	o := b.opt
	return Setup{Window: o.Windows[len(o.Windows)/2], Binds: o.Binds, Conversations: o.Conversations, Octets: o.Octets, Time: o.Time}
}

func (b *bench) windowPart(window int) part {
	s := b.setup()
	s.Window = window
	return part{
		kind: Windows, title: fmt.Sprintf("window %d, %d binds, %d conversations", window, s.Binds, s.Conversations),
		setups: b.by(s, Direct, Relay, HAProxy, Untracked, Tracked, Receipts),
	}
}

func (b *bench) readsPart() part {
	return part{
		kind: Reads, title: "reads, until the ESME has acknowledged the feedback",
		setups: b.by(b.setup(), ReadArrays, ReadSingle, ReadNATS, ReadMQTT), each: (*bench).measureReads,
	}
}

// pacedPart sends at a rate. The window is the largest one: it is not what holds messages back.
func (b *bench) pacedPart(rate float64, length time.Duration, ways ...Way) part {
	s := b.setup()
	s.Rate, s.Window, s.Time = rate, slices.Max(b.opt.Windows), length
	return part{kind: Paced, title: fmt.Sprintf("%.0f messages a second for %v, %d binds, %d conversations", rate, length, s.Binds, s.Conversations), setups: b.by(s, ways...)}
}

func (b *bench) hotPart() part {
	s := b.setup()
	s.Conversations = 1
	return part{kind: Hot, title: fmt.Sprintf("one hot conversation, window %d, %d binds", s.Window, s.Binds), setups: b.by(s, Tracked)}
}

func (b *bench) conversationsPart() part {
	return b.growth(Conversations, []int{1000, 100_000, 1_000_000}, func(s *Setup, n int) { s.Conversations = n })
}

func (b *bench) bindsPart() part {
	return b.growth(Binds, []int{1, 4, 16, 64}, func(s *Setup, n int) { s.Binds = n })
}

func (b *bench) octetsPart() part {
	return b.growth(Octets, []int{18, 70, maxOctets}, func(s *Setup, n int) { s.Octets = n })
}

// growth returns a part in which one thing grows.
func (b *bench) growth(kind Part, sizes []int, set func(*Setup, int)) part {
	s := b.setup()
	p := part{kind: kind, title: fmt.Sprintf("growth with %s, window %d", kind, s.Window)}
	for _, n := range sizes {
		set(&s, n)
		s.Case = fmt.Sprintf("%d %s", n, kind)
		p.setups = append(p.setups, b.by(s, Tracked)...)
	}
	return p
}

// by returns the setup for each of the ways, through a gateway in both releases.
func (b *bench) by(s Setup, ways ...Way) (all []Setup) {
	for _, s.Way = range ways {
		if !b.wants(s.Way) {
			continue
		}
		if !s.Way.isGateway() {
			all = append(all, s)
			continue
		}
		for _, s.Release = range b.releases() {
			all = append(all, s)
		}
		s.Release = ""
	}
	return all
}

// releases returns which gateways are measured.
func (b *bench) releases() []Release {
	if b.opt.Against == "" {
		return []Release{This}
	}
	return []Release{This, Against}
}
