package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// run measures all setups of the part in turn, round by round: a machine that is slower for a while then
// slows them all.
func (p part) run(ctx context.Context, b *bench) ([]Row, error) {
	if p.special != nil {
		return p.special(b, ctx)
	}
	each := p.each
	if each == nil {
		each = (*bench).measure
	}
	rows := make([]Row, len(p.setups))
	for i, s := range p.setups {
		rows[i].Setup = s
	}
	for range b.opt.Rounds {
		for i, s := range p.setups {
			sample, err := each(b, ctx, s)
			if err != nil {
				return rows, fmt.Errorf("%s: %w", s.name(), err)
			}
			rows[i].Samples = append(rows[i].Samples, sample)
			b.progress(p.title, s, sample)
		}
	}
	return rows, nil
}

// name says which way, release and case it is.
func (s Setup) name() string {
	name := string(s.Way)
	if s.Release == Against {
		name += ", against"
	}
	if s.Case != "" {
		name += ", " + s.Case
	}
	return name
}

// progress tells what was measured.
func (b *bench) progress(title string, s Setup, sample Sample) {
	b.done++
	b.say("%3d of %d  %s: %s: %.0f/s, p50 %v, p99 %v, %.2f µs\n", b.done, b.loads, title, s.name(),
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
	l := spec{messages: b.opt.Messages, count: s.Conversations, window: s.Window, rate: s.Rate, limit: s.Time + feedbackTime + spareTime}
	if l.messages == 0 {
		l.time = s.Time
	}
	return l
}

// coldMessages warm the ways that remember no conversation.
const coldMessages = 5000

// warm sends one message in each conversation, so that the load is about known ones. What is measured by
// messages is small, and its conversations are new.
func (b *bench) warm(ctx context.Context, w *world) error {
	n := w.setup.Conversations
	if w.route.registered == 0 || n == 1 {
		n = coldMessages
	}
	if b.opt.Messages > 0 {
		return nil
	}
	if _, err := b.load(ctx, w, fill(n, w.setup.Conversations)); err != nil {
		return fmt.Errorf("warm: %w", err)
	}
	return nil
}

// fill returns a load that is not measured: n messages in count conversations.
func fill(n, count int) spec {
	return spec{
		messages: n, count: min(n, count), window: 100, rest: fillRestTime,
		limit: time.Duration(n)*time.Second/slowest + spareTime,
	}
}
