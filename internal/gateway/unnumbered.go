package gateway

import (
	"readback/internal/numbering"
	"readback/relay/message"
	"readback/smpp"
)

// The newest message with a message_id owns the id, also if it has no number. So the answer to such a
// message has to find its conversation. In mirror mode no message of an account without numbers needs that.

// unnumbered returns what the message f goes on with, which has no number.
func (s *submitter) unnumbered(f smpp.Frame, policy numbering.Policy) *request {
	if !s.takesIDs(policy) {
		return s.untracked
	}
	m, ok := s.scratch.Parsed()
	if !ok {
		var err error
		if m, err = smpp.ParseLenient(f); err != nil {
			return s.untracked
		}
	}
	return s.taking(m.From.Addr, m.To)
}

// unnumberedMulti is unnumbered for a submit_multi. Its receivers have one message_id.
func (s *submitter) unnumberedMulti(m smpp.Multi, policy numbering.Policy) *request {
	if !s.takesIDs(policy) || len(m.To) == 0 {
		return s.untracked
	}
	one, err := smpp.ParseLenient(m.AppendSubmitSM(nil, 0))
	if err != nil {
		return s.untracked
	}
	return s.taking(one.From.Addr, m.To...)
}

// takesIDs reports whether the message_ids of messages without numbers count.
func (s *submitter) takesIDs(policy numbering.Policy) bool {
	return s.link.g.pool != nil || policy.When != numbering.Off
}

// taking returns the request of a message from a sender to receivers. Without a source_addr that can be
// read, it counts as one from the receiver: its receipt has any sender, and is found by the receiver.
func (s *submitter) taking(from []byte, receivers ...smpp.Address) *request {
	sender, noSender := message.NormalAddr(from)
	r := &requestOfOne{request: request{link: s.link}}
	r.unnumbered = r.conv[:0]
	for _, to := range receivers {
		c := message.Conversation{Sender: sender}
		var err error
		if c.Receiver, err = message.NormalAddr(to.Addr); err != nil {
			continue
		}
		if noSender != nil {
			c.Sender = c.Receiver
		}
		r.unnumbered = append(r.unnumbered, c)
	}
	return &r.request
}
