package smpp

import "context"

// Handler handles the events that a Session[R] does not handle itself. All methods but
// Expired run on the read goroutine, in the order of the stream. Frames are valid until the
// method returns. A Request that has called Session.ReadOn runs beside what comes next.
type Handler[R any] interface {
	// Request is called for each request that the state allows, except
	// enquire_link. An error ends the session. ctx is that of Run; it also ends
	// when the session has read its last frame.
	Request(ctx context.Context, f Frame) error
	// Response is called for a response. to is the request that it answers.
	Response(f Frame, to Pending[R]) error
	// Late is called for the response to a request that had expired, after Expired has
	// returned. If the response is repeated, the Ref of to is zero from the second time on.
	Late(f Frame, to Pending[R]) error
	// Unmatched is called for a response that answers no request. to is the request under
	// way that has the same sequence_number, but another command; nil: none has. The Ref of to
	// is zero if the session made the request itself, or if the request has that number only
	// where it comes from. The request stays under way.
	Unmatched(f Frame, to *Pending[R]) error
	// Expired is called for a request that got no response in time. It runs on the goroutine
	// of the timers.
	Expired(to Pending[R])
	// Idle is called when no whole frame is left in the buffer. It is the time to flush other
	// sessions.
	Idle()
}
