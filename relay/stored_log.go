package relay

import (
	"cmp"
	"context"
	"time"

	"readback/relay/journal"
)

// storedLog is a log in a store. It acknowledges nothing when the store has vanished.
type storedLog struct {
	journal.Log
	store  *store
	beside []string        // names of the streams that are in use beside that of the log
	lost   context.Context // ends, with the reason, when the log is lost
	lose   context.CancelCauseFunc

	// working returns a context that ends, with the reason, when the server that runs now cannot write.
	working func() context.Context

	// Of the writer.
	looked time.Time // when the store was last looked at
	both   joined    // the contexts of the last append
}

// lookEvery is how often an append looks at the store. What is acknowledged in between is in the index,
// which can be read when the store is gone.
const lookEvery = 50 * time.Millisecond

func newStoredLog(log journal.Log, s *store, working func() context.Context) *storedLog {
	l := &storedLog{Log: log, store: s, working: working}
	l.lost, l.lose = context.WithCancelCause(context.Background())
	return l
}

// reason returns why the log was lost, or err if it is not known.
func (l *storedLog) reason(err error) error {
	if cause := context.Cause(l.lost); cause != nil {
		return cause
	}
	return err
}

func (l *storedLog) intact() error {
	err := l.store.intact()
	if err != nil {
		l.lose(err)
	}
	return err
}

// Append adds a batch. It does not wait for the answer of a server that cannot write.
func (l *storedLog) Append(ctx context.Context, batch []byte) error {
	working := l.working()
	if err := l.Log.Append(l.both.of(ctx, working), batch); err != nil {
		return cmp.Or(context.Cause(working), err)
	}
	if time.Since(l.looked) < lookEvery {
		return nil
	}
	l.looked = time.Now()
	return l.intact()
}

// joined is a context that ends when the first of two does. It is made again only for others.
type joined struct {
	a, b, both context.Context
	end        context.CancelFunc
}

func (j *joined) of(a, b context.Context) context.Context {
	if j.a == a && j.b == b {
		return j.both
	}
	if j.end != nil {
		j.end()
	}
	both, cancel := context.WithCancel(a)
	stop := context.AfterFunc(b, cancel)
	*j = joined{a: a, b: b, both: both, end: func() { stop(); cancel() }}
	return both
}

// Settle finds out what became of an append.
func (l *storedLog) Settle(ctx context.Context, batch []byte) (journal.Fate, error) {
	if err := l.intact(); err != nil {
		return journal.Unknown, err
	}
	return l.Log.Settle(ctx, batch)
}

// Check looks whether the log is still there, and its store.
func (l *storedLog) Check(ctx context.Context) error {
	if err := l.intact(); err != nil {
		return err
	}
	return l.Log.Check(ctx)
}

// Close gives back what the log holds.
func (l *storedLog) Close() {
	l.Log.Close()
	if l.both.end != nil {
		l.both.end()
	}
}
