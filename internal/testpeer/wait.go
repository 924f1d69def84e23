// Package testpeer is what tests of several packages share: an ESME or SMSC whose octets the test
// writes and reads itself, listeners, servers that end with the test, certificates, and time limits.
// Only tests import it.
package testpeer

import (
	"context"
	"testing"
	"time"
)

// Patience bounds whatever a test waits for.
const Patience = 20 * time.Second

// Within returns a context that ends with the test, or when Patience is over.
func Within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// Receive returns the next value of ch.
func Receive[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	late := time.NewTimer(Patience)
	defer late.Stop()
	select {
	case v := <-ch:
		return v
	case <-late.C:
		t.Fatalf("%s: nothing came", what)
		panic("unreachable")
	}
}
