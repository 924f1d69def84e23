package smpp

import "context"

// Handler takes what a Session[R] does not see to itself. Its methods but Expired
// run on the read goroutine, in wire order; frames are valid until they return.
type Handler[R any] interface {
	// Request is called for each request that the state allows, except
	// enquire_link. An error ends the session. ctx is that of Run; it also ends
	// when the session has read its last frame.
	Request(ctx context.Context, f Frame) error
	// Response is called with the request that it answers.
	Response(f Frame, to Pending[R]) error
	// Unmatched is called for a response that answers nothing; late tells that it
	// answers a request that had expired.
	Unmatched(f Frame, late bool) error
	// Expired is called for a request without response in time, on the timers'
	// goroutine.
	Expired(to Pending[R])
	// Idle is called when no whole frame is left to handle: the time to flush.
	Idle()
}
