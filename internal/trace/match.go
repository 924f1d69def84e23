package trace

import (
	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
)

// Bounds of the requests that a matcher keeps until their response comes. Beyond them it forgets the oldest.
const (
	maxOpen       = 10_000
	maxOpenOctets = 8 << 20
)

// matcher finds the PDUs that a filter wants. It keeps each request until its response comes: one of both may show that
// both are wanted.
type matcher struct {
	filter *Filter
	open   map[requestKey]*openRequest
	order  []*openRequest // in the order in which they came; those that are done are still there
	octets int            // of all in order
}

// requestKey says which request it is: of which session, in which direction.
type requestKey struct {
	session any
	sent    bool
	seq     uint32
}

type openRequest struct {
	key   requestKey
	event *Event
	shown bool
}

func newMatcher(f *Filter) *matcher {
	return &matcher{filter: f, open: make(map[requestKey]*openRequest)}
}

// take looks at the next PDU, and returns those that are to be shown now, in the order in which they came.
func (m *matcher) take(e *Event) []*Event {
	if e.Frame.IsResponse() {
		return m.response(e)
	}
	p := walk(e.Frame)
	if smpp.IsBind(e.Frame.ID()) {
		e = e.of(string(p.find(e.Frame, "system_id")), e.ID)
	}
	r := &openRequest{key: requestKey{e.Session, e.Sent, e.Frame.Seq()}, event: e}
	var cause *openRequest // the request that this one passes on
	if e.From != nil {
		cause = m.open[requestKey{e.From, false, e.Was}]
	}
	if cause != nil {
		cause.event = cause.event.of(e.Account, e.ID)
	}
	r.shown = m.filter.wants(e, &p) || cause != nil && cause.shown
	m.keep(r)
	if !r.shown {
		return nil
	}
	if cause != nil && !cause.shown {
		cause.shown = true
		return []*Event{cause.event, e}
	}
	return []*Event{e}
}

// response looks at a response together with its request.
func (m *matcher) response(e *Event) []*Event {
	key := requestKey{e.Session, !e.Sent, e.Frame.Seq()}
	r := m.open[key]
	if r != nil && !answers(e.Frame, r.event.Frame) {
		r = nil
	}
	if r != nil {
		delete(m.open, key)
		e = e.of(r.event.Account, r.event.ID)
		if r.shown {
			return []*Event{e}
		}
	}
	p := walk(e.Frame)
	if !m.wantsResponse(e, &p, r) {
		return nil
	}
	if r == nil {
		return []*Event{e}
	}
	return []*Event{r.event, e}
}

// of returns e as a PDU of an account and a session, if its own account is not known. Other traces see e, too.
func (e *Event) of(account string, id message.Session) *Event {
	if e.Account != "" || account == "" {
		return e
	}
	known := *e
	known.Account, known.ID = account, id
	return &known
}

// wantsResponse reports whether a response shows that it is wanted, of which the request alone did not. It has no
// address: that of its request counts.
func (m *matcher) wantsResponse(e *Event, p *parts, r *openRequest) bool {
	f := m.filter
	if f.Receiver != "" {
		if r == nil {
			return false
		}
		request := walk(r.event.Frame)
		if !f.wantsReceiver(r.event, &request) {
			return false
		}
	}
	return f.wantsAccount(e) && f.wantsID(e, p)
}

// answers reports whether resp may be the response to req.
func answers(resp, req smpp.Frame) bool {
	return resp.ID() == pdu.GenericNACKID || resp.ID() == smpp.ResponseID(req.ID()) || smpp.IsBind(req.ID()) && smpp.IsBind(smpp.RequestID(resp.ID()))
}

// keep keeps a request until its response comes, and forgets the oldest if there are too many.
func (m *matcher) keep(r *openRequest) {
	if !smpp.HasResponse(r.event.Frame.ID()) {
		return
	}
	m.open[r.key] = r
	m.order = append(m.order, r)
	m.octets += len(r.event.Frame)
	for len(m.order) > maxOpen || m.octets > maxOpenOctets {
		oldest := m.order[0]
		m.order[0] = nil
		m.order = m.order[1:]
		m.octets -= len(oldest.event.Frame)
		if m.open[oldest.key] == oldest {
			delete(m.open, oldest.key)
		}
	}
}
