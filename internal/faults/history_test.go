//go:build faults

package faults

import (
	"slices"
	"sync"
	"time"

	"readback/internal/promise"
)

// history is what the peers of the gateway have seen, in this order.
type history struct {
	began time.Time

	mu       sync.Mutex
	events   []promise.Event   // guarded by mu, as all below
	sent     map[int]sentTo    // the messages that left with a number
	order    []int             // these messages
	told     map[int]bool      // of which there was feedback that the ESME took
	due      map[int]bool      // of which a read was accepted
	messages int               // how many ESMEs sent
	reads    int               // how many read responses there were
	pauses   []span            // in which the process, or this one, did not run
	doubtful []span            // in which what is confirmed may not be durable
	strange  map[string]string // by kind: what must not come
}

// span is a time from the beginning of the history on.
type span struct{ from, to time.Duration }

// sentTo is the conversation and the number of a message.
type sentTo struct {
	message        int
	sender, target string
	number         uint16
}

func (s sentTo) conversation() string { return s.sender + ">" + s.target }

func newHistory() *history {
	return &history{
		began: time.Now(), sent: map[int]sentTo{}, told: map[int]bool{}, due: map[int]bool{}, strange: map[string]string{},
	}
}

// copy returns a history that goes on from here on its own.
func (h *history) copy() *history {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := newHistory()
	c.began, c.messages, c.reads = h.began, h.messages, h.reads
	c.events, c.order = slices.Clone(h.events), slices.Clone(h.order)
	c.pauses, c.doubtful = slices.Clone(h.pauses), slices.Clone(h.doubtful)
	for id, s := range h.sent {
		c.sent[id] = s
	}
	for id := range h.told {
		c.told[id] = true
	}
	for id := range h.due {
		c.due[id] = true
	}
	return c
}

func (h *history) now() time.Duration { return time.Since(h.began) }

// add adds an event. Those about messages that left without a number are of no interest.
func (h *history) add(e promise.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e.Kind {
	case promise.Taken, promise.Confirmed, promise.Told:
		if _, ok := h.sent[e.Message]; !ok {
			return
		}
	}
	if e.Kind == promise.Told && e.OK {
		h.told[e.Message] = true
	}
	e.At, e.Wall = h.now(), time.Now()
	h.events = append(h.events, e)
}

// note adds what helps to understand the history.
func (h *history) note(text string) { h.add(promise.Event{Kind: promise.Note, Text: text}) }

// submit numbers a message that an ESME sends.
func (h *history) submit(conversation string) (id int) {
	h.mu.Lock()
	h.messages++
	id = h.messages
	h.mu.Unlock()
	h.add(promise.Event{Kind: promise.Submitted, Message: id, Conversation: conversation})
	return id
}

// left notes a message that has reached the SMSC with a number.
func (h *history) left(s sentTo) {
	h.mu.Lock()
	h.sent[s.message] = s
	h.order = append(h.order, s.message)
	h.mu.Unlock()
	h.add(promise.Event{Kind: promise.Sent, Message: s.message, Conversation: s.conversation(), Number: s.number})
}

// ask numbers a read response.
func (h *history) ask(s sentTo) (id int) {
	h.mu.Lock()
	h.reads++
	id = h.reads
	h.mu.Unlock()
	h.add(promise.Event{Kind: promise.Asked, Read: id, Conversation: s.conversation(), Number: s.number})
	return id
}

// verdict notes the answer to a read response.
func (h *history) verdict(read, code int, s sentTo) {
	h.add(promise.Event{Kind: promise.Answered, Read: read, Code: code})
	if code == 202 {
		h.mu.Lock()
		h.due[s.message] = true
		h.mu.Unlock()
	}
}

// newest returns the messages that left last, at most n.
func (h *history) newest(n int) (all []sentTo) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range h.order[max(0, len(h.order)-n):] {
		all = append(all, h.sent[id])
	}
	return all
}

// standing returns for each number of each conversation the message that left with it last.
func (h *history) standing() (all []sentTo) {
	h.mu.Lock()
	defer h.mu.Unlock()
	type key struct {
		conversation string
		number       uint16
	}
	seen := map[key]bool{}
	for _, id := range slices.Backward(h.order) {
		s := h.sent[id]
		if k := (key{s.conversation(), s.number}); !seen[k] {
			seen[k] = true
			all = append(all, s)
		}
	}
	return all
}

// missing counts the messages whose read was accepted and of which there was no feedback.
func (h *history) missing() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id := range h.due {
		if !h.told[id] {
			n++
		}
	}
	return n
}

// pause notes a time in which nobody can have answered.
func (h *history) pause(from time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pauses = append(h.pauses, span{from, h.now()})
}

// doubt says that what was confirmed since may not be durable.
func (h *history) doubt(from time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.doubtful = append(h.doubtful, span{from, h.now()})
}

// wrong notes something that must not come, once for each kind.
func (h *history) wrong(kind, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.strange[kind] == "" {
		h.strange[kind] = text
	}
}
