package crash

// Container contains the panics of a goroutine that works for it: a link, or one of the
// gateway's own binds.
type Container interface {
	// Contain is deferred. It recovers from a panic of the function that defers it.
	Contain()
}

// OrRefuse runs f. If f panics, of contains that, and OrRefuse runs refuse.
func OrRefuse(of Container, f, refuse func()) {
	done := false
	defer func() {
		if !done {
			refuse()
		}
	}()
	defer of.Contain()
	f()
	done = true
}
