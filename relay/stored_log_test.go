package relay

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

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

// An append to a store that has vanished fails, before the watch looks: the next one, or one soon after.
func TestVanishedStoreAcknowledgesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := &store{dir: dir, log: slog.New(slog.DiscardHandler)}
	if err := s.openLock(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.close() }()
	synctest.Test(t, func(t *testing.T) {
		l := newStoredLog(new(journal.Memory).Open(), s, t.Context)
		defer l.Close()
		if err := l.Append(t.Context(), []byte("one")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(dir, dir+".away"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookEvery)
		if err := l.Append(t.Context(), []byte("two")); !errors.Is(err, errVanished) || !errors.Is(l.reason(nil), errVanished) {
			t.Errorf("got %v, lost by %v, want that the store has vanished", err, l.reason(nil))
		}
	})
}

// The contexts of an append are joined anew only for others, and the joined one ends with either.
func TestJoined(t *testing.T) {
	a, endA := context.WithCancel(t.Context())
	b, endB := context.WithCancel(t.Context())
	defer endB()
	var j joined
	first := j.of(a, b)
	if j.of(a, b) != first {
		t.Error("the same contexts are joined again")
	}
	other := j.of(a, t.Context())
	if other == first || first.Err() == nil {
		t.Error("another one: got the same, or the first one does not end")
	}
	endA()
	if other.Err() == nil {
		t.Error("it does not end with the first of the two")
	}
	j.end()
}
