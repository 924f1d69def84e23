// Package crash says what a panic ends: the link or bind that contains it, or the process if it
// leaves shared state inconsistent.
package crash

import (
	"fmt"
	"os"
	"runtime/debug"
)

// Status is the exit status of the process, as after a panic that nobody recovers from.
const Status = 2

// OnPanic ends the process if the function that defers it panics. Functions that change state
// shared by several links defer it before they take the lock. After a panic the state would
// be half changed or the lock would stay locked, which would stop all links. A restart costs
// less (docs/adr/0019-what-a-panic-ends.md). OnPanic writes the stack to standard error.
func OnPanic() {
	if v := recover(); v != nil {
		fmt.Fprintf(os.Stderr, "panic: %v\n\nit left shared state half changed: the process ends\n\n%s", v, debug.Stack())
		os.Exit(Status)
	}
}
