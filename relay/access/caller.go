package access

import (
	"time"

	"golang.org/x/time/rate"

	"readback/relay/message"
)

// Caller is the sender of a read response. The zero value is a caller that the process itself
// vouches for: it speaks for all receivers.
type Caller struct {
	Name       string       // for the audit log: the name of a key, jwt, mtls, network, …
	Receiver   message.Addr // the only receiver that it may speak for; zero: any
	NeedsProof bool         // each response must show the proof of the element
	Source     Source       // where a caller that needs proofs comes from; zero: not known

	// Refused says why the credential of a caller that needs proofs was not accepted; nil if it
	// presented none, or if no credential would be.
	Refused error

	grant *Grant        // what it is held to; nil: nothing
	limit *rate.Limiter // of its read responses; nil: none
}

// SpeaksFor reports whether the caller may speak for a receiver.
func (c *Caller) SpeaksFor(receiver *message.Addr) bool {
	return c.Receiver.IsZero() || c.Receiver == *receiver
}

// IsAnonymous reports whether the caller was accepted without a credential.
func (c *Caller) IsAnonymous() bool { return c.NeedsProof || c.Name == AuthNone }

// Take counts a read response against the limit of the caller's key, and returns 0. If there are
// too many, it counts nothing and returns how long the caller has to wait.
func (c *Caller) Take(now time.Time) time.Duration {
	if c.limit == nil {
		return 0
	}
	return takeOne(c.limit, now)
}
