package gateway

import (
	"time"

	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
)

// request is what a session returns with an answer of the SMSC: which request it answers.
type request struct {
	link       *link
	sent       *ledger.Sent           // what the ledger knows it by, if it is numbered
	bind       *bind                  // what it asks for, if it is a bind
	unnumbered []message.Conversation // of a message without a number, if the ledger notes its message_id
	skipped    *Skipped               // the note of a message without a number; nil: there is none

	group group        // whose request it is, if several belong together
	n     int          // which part, from 0
	to    smpp.Address // the receiver of that part
}

// requestOfOne is a request about one conversation, in one piece of memory.
type requestOfOne struct {
	request
	conv [1]message.Conversation
}

// group is requests to the SMSC that belong together: the parts of a message, the messages of a
// submit_multi, or the cancel_sm of all parts.
type group interface {
	// answered takes the answer to one of them. It never waits.
	answered(l *link, f smpp.Frame, r *request, accepted bool)
	// acceptedLate takes the answer that accepts one of them after answered was told that there is
	// none. It never waits.
	acceptedLate(l *link, f smpp.Frame, r *request)
}

// upstream is the way to the SMSC: a session of the link's own, or the pool.
type upstream interface {
	// Send puts out a request and waits for room; see smpp.Session.
	Send(f smpp.Frame, arrived time.Time, r *request) error
	// TrySend is Send where the caller may not wait.
	TrySend(f smpp.Frame, arrived time.Time, r *request) error
	// TrySendOver is TrySend that ignores the window.
	TrySendOver(f smpp.Frame, arrived time.Time, r *request) error
	// Flush lets what was put out leave.
	Flush()
	// FlushNow is Flush for callers that hold no lock; see smpp.Session.
	FlushNow()
}

// place returns where a message is filed, as far as that is known.
func (r *request) place() (p journal.Place) {
	switch {
	case r.sent != nil:
		return r.sent.Place()
	case len(r.unnumbered) == 1:
		p.Conv = r.unnumbered[0]
	}
	return p
}
