// Package recent knows of the newest messages what later operations on them need, in memory of a fixed size.
package recent

import (
	"hash/maphash"
	"sync"

	"readback/internal/lru"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// Messages knows messages by account, message_id and source_addr: a replace_sm or query_sm names no receiver.
// message_ids are compared without regard to case and leading zeros. It is safe for concurrent use.
type Messages struct {
	ids   receipt.IDs
	seed  maphash.Seed
	known *table[known]

	mu    sync.Mutex
	parts *lru.Cache[uint64, [][]byte] // guarded by mu: message_ids of split messages, by that of the first part
}

// known is what is known of a message.
type known struct {
	form    message.Form
	sender  uint64 // a hash of it
	isSplit bool   // it is a part of a message that the gateway split
}

// How many messages are known: of those that the ledger follows, and of those that the gateway split.
const (
	maxKnown  = 1 << 16
	maxSplits = 1 << 13
)

// NewMessages returns Messages that know none. ids is how the SMSC writes message_ids.
func NewMessages(ids receipt.IDs) *Messages {
	return &Messages{ids: ids, seed: maphash.MakeSeed(), known: newTable[known](maxKnown), parts: lru.New[uint64, [][]byte](maxSplits)}
}

// sum returns the hash by which a message is known.
func (s *Messages) sum(account string, id []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	_, _ = h.WriteString(account) // these never fail
	_ = h.WriteByte(0)
	var buf [64]byte
	_, _ = h.Write(receipt.AppendKey(buf[:0], s.ids.OfResponse(id)))
	return h.Sum64()
}

func (s *Messages) sumOf(sender *message.Addr) uint64 { return maphash.Bytes(s.seed, sender.Bytes()) }

// Note keeps the form of a message that the SMSC accepted. The message has the id from now on.
func (s *Messages) Note(account string, id []byte, sender *message.Addr, form *message.Form) {
	if len(id) > 0 {
		s.known.put(s.sum(account, id), known{form: *form, sender: s.sumOf(sender)})
	}
}

// Forget notes that a message has the id of which nothing needs to be known.
func (s *Messages) Forget(account string, id []byte) {
	if !s.known.isEmpty() {
		s.known.drop(s.sum(account, id))
	}
}

// NoteParts keeps the message_ids of a message that the gateway split. Without those of all parts, PartIDs does
// not know the message.
func (s *Messages) NoteParts(account string, ids [][]byte, sender *message.Addr) {
	named := 0
	for _, id := range ids {
		if len(id) > 0 {
			s.known.put(s.sum(account, id), known{sender: s.sumOf(sender), isSplit: true})
			named++
		}
	}
	first := s.sum(account, ids[0])
	if named < len(ids) {
		ids = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts.Put(first, ids)
}

// Form returns the form of a message. ok is false if it is not known: nothing was noted of the message, or too
// many have followed. isSplit reports whether it is a part of one that the gateway split.
func (s *Messages) Form(account string, id, sender []byte) (form message.Form, isSplit, ok bool) {
	k, ok := s.find(account, id, sender)
	return k.form, k.isSplit, ok
}

// PartIDs returns the message_ids of a split message by that of its first part; nil if it is not known.
func (s *Messages) PartIDs(account string, id, sender []byte) [][]byte {
	if k, ok := s.find(account, id, sender); !ok || !k.isSplit {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, _ := s.parts.Get(s.sum(account, id))
	return ids
}

func (s *Messages) find(account string, id, sender []byte) (k known, ok bool) {
	addr, err := message.NormalAddr(sender)
	if err != nil || len(id) == 0 {
		return k, false
	}
	if k, ok = s.known.get(s.sum(account, id)); !ok || k.sender != s.sumOf(&addr) {
		return known{}, false
	}
	return k, true
}
