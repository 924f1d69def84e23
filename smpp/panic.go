package smpp

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// PanicError is the reason of a session that ended because a Handler, Options.Observe or
// Options.Room panicked, or the session itself. No lock of the session is held any more.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // of the goroutine that panicked, as runtime/debug has it
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func isPanic(err error) bool {
	_, ok := errors.AsType[*PanicError](err)
	return ok
}

// recovered ends the session by end, Finish or Close, if the caller, which defers it, panics.
func recovered(end func(cause error)) {
	if v := recover(); v != nil {
		end(&PanicError{v, debug.Stack()})
	}
}
