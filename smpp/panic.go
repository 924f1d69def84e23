package smpp

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// PanicError is the reason of a session that ended because a Handler, Options.Observe,
// Options.Room or the session itself panicked. The session holds no lock any more.
type PanicError struct {
	Value any    // the value passed to panic
	Stack []byte // of the goroutine that panicked, as runtime/debug formats it
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func isPanic(err error) bool {
	_, ok := errors.AsType[*PanicError](err)
	return ok
}

// recovered ends the session by end (Finish or Close) if the function that defers it panics.
func recovered(end func(cause error)) {
	if v := recover(); v != nil {
		end(&PanicError{v, debug.Stack()})
	}
}
