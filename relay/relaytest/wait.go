package relaytest

import (
	"context"
	"testing"
	"time"
)

// Deadline bounds what a test waits for.
func Deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Receive waits for a value.
func Receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-Deadline(t).Done():
		t.Fatal("nothing came in time")
		panic("not reached")
	}
}
