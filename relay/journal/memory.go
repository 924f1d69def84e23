package journal

import (
	"context"
	"errors"
	"sync"
)

// Memory holds a log in memory: for tests, and for whoever needs no log that survives.
type Memory struct {
	mu      sync.Mutex
	batches [][]byte
	fault   func(batch []byte) (stored bool, err error)
}

// SetFault has f asked about each append from now on; nil ends that. With an error the append fails;
// stored says whether the batch is in the log nevertheless. f is called with the log locked.
func (m *Memory) SetFault(f func(batch []byte) (stored bool, err error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = f
}

// Open returns the log for a new writer.
func (m *Memory) Open() Log {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := uint64(len(m.batches))
	return &memoryLog{m: m, last: n, info: Info{Created: 1, First: min(1, n), Last: n, Empty: n == 0}}
}

// memoryLog is the Log of one writer.
type memoryLog struct {
	m    *Memory
	info Info
	last uint64
}

func (l *memoryLog) Info() Info   { return l.info }
func (l *memoryLog) Last() uint64 { return l.last }
func (l *memoryLog) Close()       {}
func (l *memoryLog) Pad(int)      {}

func (l *memoryLog) Newest(context.Context) ([]byte, error) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if n := len(l.m.batches); n > 0 {
		return l.m.batches[n-1], nil
	}
	return nil, nil
}

func (l *memoryLog) Replay(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) error {
	for seq := max(from, 1); seq <= l.info.Last; seq++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.m.mu.Lock()
		batch := l.m.batches[seq-1]
		l.m.mu.Unlock()
		if err := f(seq, batch); err != nil {
			return err
		}
	}
	return nil
}

func (l *memoryLog) Append(ctx context.Context, batch []byte) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.last != uint64(len(l.m.batches)) {
		return &RefusedError{errors.New("wrong last sequence")}
	}
	if l.m.fault != nil {
		if stored, err := l.m.fault(batch); err != nil {
			if stored {
				l.m.batches = append(l.m.batches, append([]byte(nil), batch...))
			}
			return err
		}
	}
	l.m.batches = append(l.m.batches, append([]byte(nil), batch...))
	l.last++
	return nil
}

// Check compares the end of the log.
func (l *memoryLog) Check(context.Context) error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if uint64(len(l.m.batches)) != l.last {
		return ErrFenced
	}
	return nil
}

func (l *memoryLog) Settle(_ context.Context, batch []byte) (Fate, error) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	n := uint64(len(l.m.batches))
	switch {
	case n > 0 && string(l.m.batches[n-1]) == string(batch):
		l.last = n
		return Landed, nil
	case n == l.last:
		return Lost, nil
	}
	return Unknown, ErrFenced
}
