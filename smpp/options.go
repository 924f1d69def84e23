package smpp

import (
	"errors"
	"time"
)

// Reasons for which a session ends, as Run returns them. A peer that just went
// away is io.EOF, a stream that is not SMPP a *FrameError.
var (
	ErrClosed   = errors.New("session is closed")
	ErrUnbound  = errors.New("unbound")
	ErrSlowPeer = errors.New("peer does not read")
	ErrDead     = errors.New("peer does not answer enquire_link")
	ErrNoBind   = errors.New("peer did not bind in time")
	ErrInactive = errors.New("inactive for too long")
)

// UnbindTime is how long a session waits for unbind_resp: many ESMEs send none.
const UnbindTime = 5 * time.Second

// Options of a session. The zero value has no timers and no window.
type Options struct {
	SMSC bool // the peer is an SMSC; else it is an ESME
	// Window is how many requests may be under way to the peer; 0: no limit. Of two
	// sessions that send to each other from their handlers one at most may ever
	// fill its window: with both full, each waits for answers that stand behind
	// requests of the other, until Response is over.
	Window       int
	Timers       Timers        // SMPP 3.4 §7.2
	Response     time.Duration // how long the peer may take to answer a request; 0: for ever
	WriteTimeout time.Duration // how long the peer may take nothing; DefaultWriteTimeout if 0
	// Observe is told, for one frame at a time, how long it was in here: from its
	// arrival on the other session until it was written.
	Observe func(added time.Duration)
	// Room is told that TrySend may have room where it had none. It must not wait.
	Room func()
}

// DefaultWriteTimeout is how long a peer may leave unread what is sent to it.
const DefaultWriteTimeout = 30 * time.Second
