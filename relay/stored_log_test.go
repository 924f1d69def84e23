package relay

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"

	"readback/relay/journal"
)

// silentLog is a log that does not answer.
type silentLog struct{ journal.Log }

func (silentLog) Append(ctx context.Context, _ []byte) error {
	<-ctx.Done()
	return ctx.Err()
}

// An append ends, and says why, when the server says that it cannot write. The server does not answer.
func TestAppendOfFailedServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		working, fail := context.WithCancelCause(t.Context())
		l := newStoredLog(silentLog{}, &store{}, func() context.Context { return working })
		ended := make(chan error, 1)
		go func() { ended <- l.Append(t.Context(), nil) }()
		synctest.Wait()
		fail(syscall.ENOSPC)
		synctest.Wait()
		select {
		case err := <-ended:
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("got %v, want that the disk is full", err)
			}
		default:
			t.Fatal("it waits")
		}
	})
}
