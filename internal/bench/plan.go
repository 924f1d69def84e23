package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// part is a table of the report.
type part struct {
	title  string
	setups []Setup
	each   func(*bench, context.Context, Setup) (Sample, error) // measures one load
}

func (p part) loads() int { return len(p.setups) }

// plan returns what opt asks for.
func (b *bench) plan() []part {
	var all []part
	special := b.opt.Rate > 0 || b.opt.Hot || b.opt.Record > 0 || b.opt.Idle > 0
	if b.opt.All || !special {
		for _, window := range b.opt.Windows {
			all = append(all, b.windowPart(window))
		}
	}
	return all
}

// setup returns what all loads have in common.
func (b *bench) setup() Setup {
	return Setup{Window: b.opt.Windows[0], Binds: b.opt.Binds, Conversations: b.opt.Conversations, Octets: b.opt.Octets}
}

// windowPart compares the ways with one window.
func (b *bench) windowPart(window int) part {
	s := b.setup()
	s.Window = window
	return part{
		title:  fmt.Sprintf("window %d, %d binds, %d conversations", window, s.Binds, s.Conversations),
		setups: b.by(s, Direct, Relay, HAProxy, Untracked, Tracked, Receipts), each: (*bench).measure,
	}
}

// by returns the setup for each of the ways, through a gateway in both releases.
func (b *bench) by(s Setup, ways ...Way) (all []Setup) {
	for _, s.Way = range ways {
		if !b.wants(s.Way) {
			continue
		}
		if s.Release = ""; s.Way.isGateway() {
			s.Release = This
		}
		all = append(all, s)
		if s.Way.isGateway() && b.opt.Against != "" {
			s.Release = Against
			all = append(all, s)
		}
	}
	return all
}

// run measures all setups of the part in turn, round by round: a machine that is slower for a while then
// slows them all.
func (p part) run(ctx context.Context, b *bench) ([]Row, error) {
	rows := make([]Row, len(p.setups))
	for i, s := range p.setups {
		rows[i].Setup = s
	}
	for range b.opt.Rounds {
		for i, s := range p.setups {
			sample, err := p.each(b, ctx, s)
			if err != nil {
				return rows, fmt.Errorf("%s: %w", s.name(), err)
			}
			rows[i].Samples = append(rows[i].Samples, sample)
			b.progress(p, s, sample)
		}
	}
	return rows, nil
}

// name says which way and release it is.
func (s Setup) name() string {
	if s.Release == Against {
		return string(s.Way) + ", against"
	}
	return string(s.Way)
}

// progress tells what was measured.
func (b *bench) progress(p part, s Setup, sample Sample) {
	b.done++
	b.say("%3d of %d  %s: %s: %.0f/s, p50 %v, p99 %v, %.2f µs\n", b.done, b.loads*b.opt.Rounds, p.title, s.name(),
		sample.PerSecond, sample.P50.Round(time.Microsecond), sample.P99.Round(10*time.Microsecond), sample.Target)
}

// measure opens a world, warms it, and runs one load through it.
func (b *bench) measure(ctx context.Context, s Setup) (sample Sample, err error) {
	w, err := b.open(ctx, s)
	if err != nil {
		return sample, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := b.warm(ctx, w); err != nil {
		return sample, err
	}
	return b.load(ctx, w, b.spec(s))
}

// spec returns the load of a setup.
func (b *bench) spec(s Setup) spec {
	l := spec{messages: b.opt.Messages, count: s.Conversations, window: s.Window, rate: s.Rate, limit: b.opt.Time + feedbackTime + spareTime}
	if l.messages == 0 {
		l.time = b.opt.Time
	}
	return l
}

// coldMessages warm the ways that remember no conversation.
const coldMessages = 5000

// warm sends one message in each conversation, so that the load is about known ones. What is measured by
// messages is small, and its conversations are new.
func (b *bench) warm(ctx context.Context, w *world) error {
	n := w.setup.Conversations
	if w.route.registered == 0 {
		n = min(n, coldMessages)
	}
	if b.opt.Messages > 0 {
		return nil
	}
	if _, err := b.load(ctx, w, spec{messages: n, count: n, window: 100, limit: time.Duration(n)*time.Second/warmRate + spareTime}); err != nil {
		return fmt.Errorf("warm: %w", err)
	}
	return nil
}
