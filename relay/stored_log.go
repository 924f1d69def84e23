package relay

import (
	"cmp"
	"context"

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
}

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
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(working, cancel)()
	if err := l.Log.Append(ctx, batch); err != nil {
		return cmp.Or(context.Cause(working), err)
	}
	return l.intact()
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
