// Package crash ends the process where a panic leaves behind what others would wait for.
package crash

import (
	"fmt"
	"os"
	"runtime/debug"
)

// Status is the exit status of the process, as after a panic that nobody recovers from.
const Status = 2

// OnPanic ends the process if the function that defers it panics. It is deferred, before the
// lock is taken, by what changes state that several links share: half a change there, or a
// lock that is never released, would stop all of them, and a restart costs less
// (docs/adr/0019-what-a-panic-ends.md). The stack goes to standard error.
func OnPanic() {
	if v := recover(); v != nil {
		fmt.Fprintf(os.Stderr, "panic: %v\n\nit left shared state half changed: the process ends\n\n%s", v, debug.Stack())
		os.Exit(Status)
	}
}
