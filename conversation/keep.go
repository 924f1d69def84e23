package conversation

import (
	"container/list"
	"slices"
)

// pair names a conversation: the two addresses, normalised.
type pair struct{ sender, receiver string }

// conversation is a list of messages, the oldest first.
type conversation struct {
	pair
	messages []*message
	element  *list.Element // in Book.recent
}

// maxID is the longest message_id in octets (SMPP 3.4 §5.2.23: 65 with the NUL); nothing
// longer is kept.
const maxID = 64

// find returns a message by the ESME's key, or else by its message_ids; nil if there is
// none.
func (b *Book) find(key string, ids []string) *message {
	if key != "" {
		return b.byKey[key]
	}
	for _, id := range ids {
		if p := b.byID[id]; p != nil && p.message != nil {
			return p.message
		}
	}
	return nil
}

func (b *Book) begin(key string) *message {
	m := &message{key: key}
	if key != "" {
		b.byKey[key] = m
	}
	return m
}

// await returns the message of a key, which may be submitted later.
func (b *Book) await(key string) *message {
	if m := b.find(key, nil); m != nil {
		return m
	}
	m := b.begin(key)
	b.earlyMessages = append(b.earlyMessages, m)
	if len(b.earlyMessages) > b.opt.Early {
		if old := b.earlyMessages[0]; old.in == nil {
			b.forget(old)
		}
		b.earlyMessages[0], b.earlyMessages = nil, b.earlyMessages[1:]
	}
	return m
}

// link notes message_ids of m. If an SMSC uses a message_id again, it belongs to the newer
// message.
func (b *Book) link(m *message, ids []string) {
	for _, id := range ids {
		p := b.byID[id]
		if !usable(id) || len(m.parts) >= maxParts || p != nil && p.message == m {
			continue
		}
		if p == nil || p.message != nil {
			p = &part{id: id}
			b.byID[id] = p
		}
		p.message = m
		m.parts = append(m.parts, p)
	}
}

func usable(id string) bool { return id != "" && len(id) <= maxID }

// parts returns the parts with these message_ids. If none of them has a message yet, they are
// kept until an answer names them.
func (b *Book) parts(ids []string) []*part {
	var all []*part
	placed := false
	for _, id := range ids {
		if p := b.byID[id]; p != nil {
			all = append(all, p)
			placed = placed || p.message != nil
		}
	}
	if placed {
		return all
	}
	for _, id := range ids {
		if usable(id) && b.byID[id] == nil && len(all) < maxParts {
			all = append(all, b.awaitPart(id))
		}
	}
	return all
}

// awaitPart adds a part that no answer has named yet.
func (b *Book) awaitPart(id string) *part {
	p := &part{id: id}
	b.byID[id] = p
	b.earlyParts = append(b.earlyParts, p)
	if len(b.earlyParts) > b.opt.Early {
		if old := b.earlyParts[0]; old.message == nil {
			delete(b.byID, old.id)
		}
		b.earlyParts[0], b.earlyParts = nil, b.earlyParts[1:]
	}
	return p
}

// place inserts a message at the position of its time.
func (b *Book) place(m *message, who pair) {
	c := b.conversations[who]
	if c == nil {
		c = &conversation{pair: who}
		b.conversations[who] = c
		c.element = b.recent.PushFront(c)
	} else {
		b.recent.MoveToFront(c.element)
	}
	m.in = c
	at := len(c.messages)
	for at > 0 && m.at.Before(c.messages[at-1].at) {
		at--
	}
	c.messages = slices.Insert(c.messages, at, m)
	if len(c.messages) > b.opt.Messages {
		b.forget(c.messages[0])
		c.messages = slices.Delete(c.messages, 0, 1)
	}
	if len(b.conversations) > b.opt.Conversations {
		b.forgetConversation(b.recent.Back().Value.(*conversation))
	}
}

func (b *Book) forgetConversation(c *conversation) {
	for _, m := range c.messages {
		b.forget(m)
	}
	b.recent.Remove(c.element)
	delete(b.conversations, c.pair)
}

// forget removes all references to a message.
func (b *Book) forget(m *message) {
	if b.byKey[m.key] == m {
		delete(b.byKey, m.key)
	}
	for _, p := range m.parts {
		if b.byID[p.id] == p {
			delete(b.byID, p.id)
		}
	}
}
