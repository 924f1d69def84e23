package conversation

import "time"

// State is how far a message got. It only moves forward.
type State byte

// The states of a message, in their order.
const (
	Submitted     State = iota // not answered yet
	Sent                       // the SMSC took it, all its parts
	Failed                     // the SMSC did not take it, or said that it cannot be delivered
	Delivered                  // receipts said that it is on the handset
	DeletedUnread              // the receiver deleted it without reading it
	Read                       // the receiver read it
)

var stateNames = [...]string{"submitted", "sent", "failed", "delivered", "deleted_unread", "read"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// message is one that the ESME sends, as far as is known.
type message struct {
	key     string
	in      *conversation // nil until it was submitted
	at      time.Time
	want    int // parts
	parts   []*part
	refused bool
}

// part is a submit_sm, by its message_id. Its facts only change from unknown to known, or to
// a higher state.
type part struct {
	id                string
	message           *message // nil until an answer named it
	delivered, failed bool     // what receipts said; a failure may turn out to have been none
	end               State    // DeletedUnread or Read, else zero
	readAt            time.Time
	number            *uint16
}

// tell adds the facts of the news.
func (p *part) tell(n *News) {
	switch n.State {
	case Failed:
		p.failed = true
	case Delivered:
		p.delivered = true
	case DeletedUnread, Read:
		p.read(n)
	}
	if p.number == nil && n.Number != nil {
		number := *n.Number
		p.number = &number
	}
}

// read keeps the best status, and its earliest time.
func (p *part) read(n *News) {
	better := n.State > p.end
	if better || n.State == p.end && earlier(n.ReadAt, p.readAt) {
		p.end, p.readAt = n.State, n.ReadAt
	}
}

func earlier(a, b time.Time) bool { return !a.IsZero() && (b.IsZero() || a.Before(b)) }

// state derives the state from the facts. One part that was read, deleted or failed decides
// for the whole message. A message is delivered when all its parts are.
func (m *message) state() State {
	if m == nil {
		return Submitted
	}
	end, delivered, failed := Submitted, 0, m.refused
	for _, p := range m.parts {
		end = max(end, p.end)
		failed = failed || p.failed
		if p.delivered {
			delivered++
		}
	}
	switch {
	case end > Submitted:
		return end
	case m.want > 0 && delivered >= m.want:
		return Delivered
	case failed:
		return Failed
	case m.want > 0 && len(m.parts) >= m.want:
		return Sent
	}
	return Submitted
}

// view copies the message for the caller.
func (m *message) view() Message {
	v := Message{Key: m.key, At: m.at, State: m.state()}
	for _, p := range m.parts {
		v.MessageIDs = append(v.MessageIDs, p.id)
		if p.end == v.State && earlier(p.readAt, v.ReadAt) {
			v.ReadAt = p.readAt
		}
		if v.Number == nil {
			v.Number = p.number
		}
	}
	return v
}
