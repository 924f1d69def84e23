package smpp

import (
	"errors"
	"time"
)

// Run returns one of these errors as the reason why the session ended. When the peer just
// closed the connection, the reason is io.EOF, and for a stream that is not SMPP it is a
// *FrameError.
var (
	ErrClosed   = errors.New("session is closed")
	ErrUnbound  = errors.New("unbound")
	ErrSlowPeer = errors.New("peer does not read")
	ErrDead     = errors.New("peer does not answer enquire_link")
	ErrNoBind   = errors.New("peer did not bind in time")
	ErrInactive = errors.New("inactive for too long")
)

// UnbindTime is how long a session waits for unbind_resp. Many ESMEs send none.
const UnbindTime = 5 * time.Second

// Options are the options of a session. The zero value has no timers and no window.
type Options struct {
	SMSC bool // the peer is an SMSC; else it is an ESME
	// AnyRequest lets the handler have, from the bind on, also the requests that the state forbids,
	// because somebody else decides about them. A second bind and outbind are refused all the same.
	AnyRequest bool
	// Window is how many requests may be unanswered by the peer; 0: no limit. Where two
	// sessions send to each other from their handlers, at most one of them may ever fill its
	// window without ReadOn. If both windows are full, each session waits for responses that are
	// queued behind requests of the other one, until Response has passed.
	Window       int
	Timers       Timers        // SMPP 3.4 §7.2
	Response     time.Duration // how long the peer may take to answer a request; 0: without limit
	WriteTimeout time.Duration // how long the peer may read nothing; DefaultWriteTimeout if 0
	// Observe is called for one frame at a time, with the time from its arrival on the other
	// session until it was written.
	Observe func(added time.Duration)
	// Room is called when TrySend may have room again. It must not wait.
	Room  func()
	Tap   *Tap // who may see the frames; nil: nobody
	Owner any  // whose session it is, for the Tap
}

// DefaultWriteTimeout is how long a peer may leave unread what is sent to it.
const DefaultWriteTimeout = 30 * time.Second
