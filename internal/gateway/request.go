package gateway

import (
	"time"

	"readback/relay"
	"readback/smpp"
)

// request is what comes back with an answer of the SMSC: whose it is.
type request struct {
	link *link
	sent *relay.Sent // what the ledger knows it by, if it is numbered
	bind *bind       // what it asks for, if it is a bind

	whole whole        // what it is one part of, if it was split
	n     int          // which part, from 0
	to    smpp.Address // the receiver of that part
}

// upstream is the way to the SMSC: a session of the link's own, or the pool.
type upstream interface {
	// Send puts out a request and waits for room; see smpp.Session.
	Send(f smpp.Frame, arrived time.Time, r *request) error
	// TrySend is Send where the caller may not wait.
	TrySend(f smpp.Frame, arrived time.Time, r *request) error
	// TrySendOver is TrySend that minds no window.
	TrySendOver(f smpp.Frame, arrived time.Time, r *request) error
	// Flush lets what was put out leave.
	Flush()
}
