package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"readback/relay/message"
	"readback/udh"
)

const (
	// minProofKey is the least length of a key in octets.
	minProofKey = 16

	// proofSlot is how long the proofs of one number stay the same. The parts of a message are
	// at most one slot apart.
	proofSlot = time.Hour
)

// errProofKey says that a key is too short to keep a secret.
var errProofKey = errors.New("proof key is under 16 octets")

// Proofs makes and checks the proofs that travel with a number: only a caller that has the
// message can report it as read. A proof is a truncated HMAC-SHA256 over the conversation, the
// number and the hour in which the message was sent. The zero Proofs makes none and accepts none.
type Proofs struct{ keys [][]byte }

// NewProofs returns Proofs that sign with the first key and check with all of them, so that a key
// can be replaced while messages are in transit. The error says that a key is under 16 octets.
func NewProofs(keys ...[]byte) (Proofs, error) {
	for _, k := range keys {
		if len(k) < minProofKey {
			return Proofs{}, errProofKey
		}
	}
	return Proofs{keys}, nil
}

// On reports whether there is a key.
func (p Proofs) On() bool { return len(p.keys) > 0 }

// Sign returns the proof of a number of a message sent at that time. There must be a key.
func (p Proofs) Sign(c *message.Conversation, number uint16, at time.Time) [udh.ProofLen]byte {
	return proof(p.keys[0], c, number, slotOf(at))
}

// Check reports whether tag, in hex, is the proof of a number of a message sent at that time. It
// takes as long for a wrong tag as for a right one.
func (p Proofs) Check(c *message.Conversation, number uint16, at time.Time, tag string) bool {
	shown, err := hex.DecodeString(tag)
	if err != nil {
		return false
	}
	right := false
	for _, k := range p.keys {
		for slot := slotOf(at) - 1; slot <= slotOf(at)+1; slot++ {
			made := proof(k, c, number, slot)
			right = hmac.Equal(made[:], shown) || right
		}
	}
	return right
}

func slotOf(at time.Time) int64 { return at.Unix() / int64(proofSlot/time.Second) }

func proof(key []byte, c *message.Conversation, number uint16, slot int64) [udh.ProofLen]byte {
	var buf [2*(1+message.MaxAddr) + 2 + 8]byte
	b := message.AppendConversation(buf[:0], c)
	b = binary.BigEndian.AppendUint16(b, number)
	b = binary.BigEndian.AppendUint64(b, uint64(slot))
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	return [udh.ProofLen]byte(mac.Sum(nil))
}
