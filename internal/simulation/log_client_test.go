package simulation

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"readback/relay/journal"
)

// logClient is the log as one writer has it. Its requests and the answers may fail, and each may be the
// last that the process does.
type logClient struct {
	s    *logServer
	p    *process
	info journal.Info
	last uint64     // written with mu of s held
	rnd  *rand.Rand // of the writer's goroutine
}

func (l *logClient) Info() journal.Info { return l.info }
func (l *logClient) Last() uint64       { return l.last }
func (l *logClient) Close()             {}

// Append sends a request, of which anything may become.
func (l *logClient) Append(ctx context.Context, batch []byte) error {
	if err := l.travel(ctx, l.delay()); err != nil {
		return err
	}
	fate := l.fate()
	l.s.mu.Lock()
	l.s.arrive()
	stored := false
	switch fate {
	case full:
		l.s.mu.Unlock()
		return &journal.RefusedError{Err: errFull}
	case late:
		at := l.s.w.now() + journal.AppendTimeout + time.Duration(l.rnd.Int64N(int64(4*time.Second)))
		l.s.late = append(l.s.late, request{at, bytes.Clone(batch), l.last})
	case twice: // the second one is refused, since the log ends elsewhere by then
		l.s.late = append(l.s.late, request{l.s.w.now() + time.Millisecond, bytes.Clone(batch), l.last})
		stored = l.s.store(batch, l.last)
	case lost:
	default:
		stored = l.s.store(batch, l.last)
	}
	end := l.s.last
	l.s.mu.Unlock()
	switch {
	case fate == late || fate == lost || fate == unanswered:
		return l.timeout(ctx)
	case !stored:
		return &journal.RefusedError{Err: errWrong}
	}
	if err := l.travel(ctx, l.delay()); err != nil {
		return err
	}
	l.endsAt(end)
	return nil
}

// endsAt notes where the log ends. Only the writer's goroutine calls it.
func (l *logClient) endsAt(seq uint64) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.last = seq
}

// Fates of a request.
const (
	answered = iota
	full
	late
	twice
	lost
	unanswered
)

func (l *logClient) fate() int {
	if l.s.w.quiet() {
		return answered
	}
	switch n := l.rnd.IntN(400); {
	case n < 2:
		return full
	case n < 5:
		return late
	case n < 9:
		return twice
	case n < 12:
		return lost
	case n < 15:
		return unanswered
	}
	return answered
}

// delay is how long a request or its answer takes.
func (l *logClient) delay() time.Duration {
	d := 200*time.Microsecond + time.Duration(l.rnd.Int64N(int64(3*time.Millisecond)))
	if !l.s.w.quiet() && l.rnd.IntN(50) == 0 {
		d += time.Duration(l.rnd.Int64N(int64(250 * time.Millisecond)))
	}
	return d
}

// travel waits, and fails if the log cannot be reached.
func (l *logClient) travel(ctx context.Context, d time.Duration) error {
	l.p.reach()
	if err := l.p.sleep(ctx, d); err != nil {
		return err
	}
	l.p.reach()
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if l.p.isGone() {
		return context.Canceled
	}
	if l.s.w.now() < l.s.away {
		return errAway
	}
	return nil
}

func (l *logClient) timeout(ctx context.Context) error {
	if err := l.p.sleep(ctx, journal.AppendTimeout); err != nil {
		return err
	}
	return errTimeout
}

// Settle looks whether the next batch is there, and is the one.
func (l *logClient) Pad(int) {}

func (l *logClient) Settle(ctx context.Context, batch []byte) (journal.Fate, error) {
	end, err := l.end(ctx)
	switch {
	case err != nil:
		return journal.Unknown, err
	case end == l.last:
		return journal.Lost, nil
	case end == l.last+1 && bytes.Equal(l.s.newest(), batch):
		l.endsAt(end)
		return journal.Landed, nil
	}
	return journal.Unknown, fmt.Errorf("%w (it ends at %d, not at %d)", journal.ErrFenced, end, l.last)
}

// Check looks whether the log still ends where the writer thinks.
func (l *logClient) Check(ctx context.Context) error {
	end, err := l.end(ctx)
	if err == nil && end != l.last {
		err = fmt.Errorf("%w (it ends at %d, not at %d)", journal.ErrFenced, end, l.last)
	}
	return err
}

// end asks for the sequence of the last batch.
func (l *logClient) end(ctx context.Context) (uint64, error) {
	if err := l.travel(ctx, l.delay()); err != nil {
		return 0, err
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.arrive()
	switch {
	case l.s.created != l.info.Created:
		return 0, fmt.Errorf("%w: it was made again", journal.ErrReplaced)
	case l.s.last < l.last:
		return 0, fmt.Errorf("%w: it ends at %d, and ended at %d before", journal.ErrReplaced, l.s.last, l.last)
	}
	return l.s.last, nil
}

// Newest returns the newest batch.
func (l *logClient) Newest(ctx context.Context) ([]byte, error) {
	if err := l.travel(ctx, l.delay()); err != nil {
		return nil, err
	}
	return l.s.newest(), nil
}

// Replay calls f with the batches that are there.
func (l *logClient) Replay(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) error {
	if err := l.travel(ctx, l.delay()); err != nil {
		return err
	}
	l.s.mu.Lock()
	all := append([]logged(nil), l.s.batches...)
	l.s.mu.Unlock()
	for _, b := range all {
		if b.seq < from || b.seq > l.info.Last {
			continue
		}
		l.p.reach()
		if l.p.isGone() {
			return context.Canceled
		}
		if err := f(b.seq, bytes.Clone(b.data)); err != nil {
			return err
		}
	}
	return nil
}
