package bench

import (
	"context"
	"errors"
	"fmt"
)

// The cases of a record.
const (
	caseKnown   = "known"   // written to last: still in memory
	caseEvicted = "evicted" // written to first: in memory only if all have room there
	caseNew     = "new"     // not on record
)

var recordCases = []string{caseKnown, caseEvicted, caseNew}

// recorded is one gateway with many conversations on record.
type recorded struct {
	w    *world
	rows []Row // of recordCases
	next int   // the first conversation that is not on record
}

// record measures known and new conversations with many on record. The record is filled once for each
// release, and the loads are measured round by round.
func (b *bench) record(ctx context.Context) (rows []Row, err error) {
	for _, release := range b.releases() {
		s := b.setup()
		s.Way, s.Release, s.Record = Tracked, release, b.opt.Record
		of, err := b.recordOf(ctx, s)
		rows = append(rows, of...)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", s.name(), err)
		}
	}
	return rows, nil
}

func (b *bench) recordOf(ctx context.Context, s Setup) (rows []Row, err error) {
	w, err := b.open(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	r := &recorded{w: w, next: s.Record}
	for _, s.Case = range recordCases {
		r.rows = append(r.rows, Row{Setup: s})
	}
	b.say("filling %d conversations on record: %s\n", s.Record, s.name())
	if _, err := b.load(ctx, w, fill(s.Record, s.Record)); err != nil {
		return nil, fmt.Errorf("fill: %w", err)
	}
	// What the fill has put off, the first load would pay for.
	warm := b.spec(r.rows[0].Setup)
	warm.rest, warm.count = fillRestTime, min(s.Conversations, s.Record)
	warm.first = s.Record - warm.count
	if _, err := b.load(ctx, w, warm); err != nil {
		return nil, fmt.Errorf("warm: %w", err)
	}
	for range b.opt.Rounds {
		for i := range r.rows {
			if err := b.recordRound(ctx, r, i); err != nil {
				return r.rows, err
			}
		}
	}
	return r.rows, nil
}

// recordRound runs one load of one case.
func (b *bench) recordRound(ctx context.Context, r *recorded, i int) error {
	row := &r.rows[i]
	l := b.spec(row.Setup)
	l.count = min(row.Conversations, row.Record)
	switch row.Case {
	case caseKnown:
		l.first = row.Record - l.count
	case caseNew:
		l.first, l.count = r.next, maxConversations
	}
	sample, err := b.load(ctx, r.w, l)
	if err != nil {
		return fmt.Errorf("%s: %w", row.Case, err)
	}
	if row.Case == caseNew {
		r.next += sample.Messages
	}
	row.Samples = append(row.Samples, sample)
	b.progress(fmt.Sprintf("%d conversations on record", row.Record), row.Setup, sample)
	return nil
}
