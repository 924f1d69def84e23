package simulator

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"readback/handset"
	"readback/smpp"
)

// Values of Message.Carriage.
var (
	ByElement = handset.ByElement.String()
	ByMarker  = handset.ByMarker.String()
)

// Message is what a person finds in the inbox.
type Message struct {
	Index     int       // counted from 1 in the order of arrival
	From      string    // source_addr as it came
	Text      string    // decoded, with the marker if it has one
	Number    int       // of the message in its conversation
	HasNumber bool      // tells a number of zero from none
	Carriage  string    // ByElement, ByMarker, or empty
	Element   []byte    // the element as it came, identifier and length included
	UDH       []byte    // the header of the first part as it came, length octet included
	Parts     int       // how many short messages brought it
	At        time.Time // when its last part came
	Opened    bool      // a read response has been accepted

	found handset.Found
}

// Sent returns the text as the sender wrote it: without the marker.
func (m *Message) Sent() string { return m.found.Text }

// Handset is one subscriber's phone and messaging app.
type Handset struct {
	msisdn string // static, as opt
	opt    HandsetOptions

	mu      sync.Mutex
	parts   assembly  // guarded by mu, as all below
	inbox   []Message // the newest, at most opt.Inbox
	total   int       // of all messages that arrived
	arrived event
}

// NewHandset returns a handset with an empty inbox.
func NewHandset(msisdn string, opt HandsetOptions) *Handset {
	return &Handset{msisdn: Digits(msisdn), opt: opt.withDefaults()}
}

// MSISDN is the handset's number, without international prefix.
func (h *Handset) MSISDN() string { return h.msisdn }

// Receive takes a submit_sm or data_sm for this handset, whole or a part of a message. It
// copies what it keeps.
func (h *Handset) Receive(m smpp.Message) {
	p := newPart(m, &h.opt)
	h.mu.Lock()
	whole := h.parts.join(p)
	if whole == nil {
		h.mu.Unlock()
		return
	}
	h.total++
	message := compose(whole, &h.opt)
	message.Index, message.At = h.total, time.Now()
	if len(h.inbox) >= h.opt.Inbox {
		h.inbox = slices.Delete(h.inbox, 0, 1)
	}
	h.inbox = append(h.inbox, message)
	h.arrived.fire()
	h.mu.Unlock()
	if h.opt.OnMessage != nil {
		h.opt.OnMessage(h.msisdn, message)
	}
}

// Messages returns the inbox, the oldest message first.
func (h *Handset) Messages() []Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.inbox)
}

// ErrNoMessage says that the inbox has no message of this index, or no longer.
var ErrNoMessage = errors.New("no such message in the inbox")

// Message returns the message with this index.
func (h *Handset) Message(index int) (Message, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.find(index); m != nil {
		return *m, nil
	}
	return Message{}, ErrNoMessage
}

// find returns the message where it lies, nil if it does not; mu is held.
func (h *Handset) find(index int) *Message {
	i := index - 1 - (h.total - len(h.inbox))
	if i < 0 || i >= len(h.inbox) {
		return nil
	}
	return &h.inbox[i]
}

// WaitMessage waits until n messages have arrived since the beginning and returns
// the nth, counted from 1.
func (h *Handset) WaitMessage(ctx context.Context, n int) (Message, error) {
	if err := h.arrived.wait(ctx, &h.mu, func() bool { return h.total >= n }); err != nil {
		return Message{}, err
	}
	return h.Message(n)
}

// Errors of Open and Delete.
var (
	ErrNoNumber  = errors.New("the message carries no number to answer with")
	ErrNoRespond = errors.New("the handset has no way to send read responses")
)

// Open stands for the person reading m. The app sends the read response, and Open returns
// when the response has been accepted.
func (h *Handset) Open(ctx context.Context, m Message) error {
	return h.respond(ctx, m, handset.Read)
}

// Delete stands for the person deleting m unread. The app reports it like a read.
func (h *Handset) Delete(ctx context.Context, m Message) error {
	return h.respond(ctx, m, handset.DeletedUnread)
}

func (h *Handset) respond(ctx context.Context, m Message, status handset.Status) error {
	response, ok := m.found.Response(h.msisdn, m.From, status, time.Now())
	if !ok {
		return ErrNoNumber
	}
	if h.opt.Respond == nil {
		return ErrNoRespond
	}
	if err := h.opt.Respond(ctx, response); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if kept := h.find(m.Index); kept != nil {
		kept.Opened = kept.Opened || status == handset.Read
	}
	return nil
}
