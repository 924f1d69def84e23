package index

import (
	"time"

	"readback/relay/message"
)

// Moved is a message that got further. A message that is read without a receipt before was delivered, too.
type Moved struct {
	Account []byte         // valid until the next apply
	To      message.Change // a state, or ChangeReported
	Took    time.Duration  // to read: from its submission until it was read
}

const changeDelivered = message.Change("delivered")

// moved notes that the message of an entry got further.
func (a *Applier) moved(e *Entry, to message.Change) {
	m := Moved{To: to}
	if n := len(a.result.Moved); n < cap(a.result.Moved) {
		m.Account = a.result.Moved[:n+1][n].Account[:0] // of a batch before
	}
	m.Account = append(m.Account, e.Account...)
	if to == message.Change(message.StateRead.String()) {
		m.Took = e.timeToRead()
	}
	a.result.Moved = append(a.result.Moved, m)
}

// timeToRead is by the receiver's clock, unless that is ahead of the gateway's or behind the submission.
func (e *Entry) timeToRead() time.Duration {
	at := min(e.ReadAt, e.ReceivedAt)
	return time.Duration(max(0, at-e.At)) * time.Millisecond
}
