package conversation

import (
	"strings"
	"time"
)

// Message is a message of a conversation.
type Message struct {
	Key        string
	MessageIDs []string // in the order of their answers
	At         time.Time
	State      State
	ReadAt     time.Time // by the receiver's clock; zero if it is neither read nor deleted
	Number     *uint16   // in its conversation, as feedback told it; nil if none has
}

// View is a conversation as its sender may show it.
type View struct {
	Sender, Receiver string    // normalised
	Messages         []Message // the oldest first
	// Read and Sent are where the two marks stand, by the position in Messages; -1: nowhere.
	Read, Sent int
}

// Mark is what to show beside message i: "read" beside the newest message that was
// read, "sent" beside the last one that was sent and not read, else nothing.
func (v View) Mark(i int) string {
	switch i {
	case v.Read:
		return "read"
	case v.Sent:
		return "sent"
	}
	return ""
}

// Conversation returns a copy of a conversation. ok is false if the book does not have it. A
// plus or two zeros in front of an international number make no difference, nor does the case
// of letters.
func (b *Book) Conversation(sender, receiver string) (v View, ok bool) {
	who := pair{normal(sender), normal(receiver)}
	v = View{Sender: who.sender, Receiver: who.receiver, Read: -1, Sent: -1}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.conversations[who]
	if c == nil {
		return v, false
	}
	for i, m := range c.messages {
		v.Messages = append(v.Messages, m.view())
		switch v.Messages[i].State {
		case Read:
			v.Read = i
		case Sent, Delivered, DeletedUnread:
			v.Sent = i
		}
	}
	return v, true
}

// minInternational is the least length at which 00 in front is taken for the international
// prefix: no short code is as long, no international number shorter.
const minInternational = 10

// normal returns an address in the form that identifies a conversation, as the gateway does.
func normal(addr string) string {
	if rest, ok := strings.CutPrefix(addr, "+"); ok && isNumber(rest) {
		return rest
	}
	if len(addr) >= minInternational && isNumber(addr) {
		return strings.TrimPrefix(addr, "00")
	}
	b := []byte(addr)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func isNumber(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
