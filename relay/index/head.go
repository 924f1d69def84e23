package index

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/message"
)

// The row of the head of a conversation says in which epoch it was noted, and which ordinal was to be assigned next.

// headKey is 'h' · receiver · sender.
func headKey(dst []byte, c *message.Conversation) []byte {
	dst = journal.AppendString(append(dst, prefixHead), c.Receiver.Bytes())
	return journal.AppendString(dst, c.Sender.Bytes())
}

func appendHeadValue(dst []byte, epoch, next uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, epoch), next)
}

func parseHeadValue(value []byte) (epoch, next uint64, err error) {
	d := journal.Decoder{B: value}
	epoch, next = d.Uvarint("epoch", math.MaxUint64), d.Ordinal("next")
	return epoch, next, d.Err
}

// hashedHeadKey stands for headKey of a conversation that was erased.
func hashedHeadKey(dst []byte, c *message.Conversation) []byte {
	return hashedKey(append(dst, prefixPerson, personHead), c)
}

// Head returns the epoch in which the head of a conversation was noted and its next
// ordinal then; epoch 0 when there is none.
func (ix *Index) Head(c *message.Conversation) (epoch, next uint64, err error) {
	var buf [64]byte
	key := headKey(buf[:0], c)
	if value := ix.staged.get(key); value != nil {
		return parseHeadValue(value)
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return 0, 0, ErrClosed
	}
	value, closer, err := []byte(nil), io.Closer(nil), pebble.ErrNotFound
	if ix.heads.mayHave(key) {
		value, closer, err = ix.db.Get(key)
	}
	if ix.persons[personHead].Load() && errors.Is(err, pebble.ErrNotFound) {
		value, closer, err = ix.db.Get(hashedHeadKey(buf[:0], c))
	}
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		ix.noticed(err)
		return 0, 0, err
	}
	epoch, next, err = parseHeadValue(value)
	return epoch, next, errors.Join(err, closer.Close())
}

// head notes the head of a conversation, and that the epoch has assigned a number.
func (a *Applier) head(rec *journal.Record) error {
	a.at.Used = true
	a.key = headKey(a.key[:0], &rec.Place.Conv)
	a.val = appendHeadValue(a.val[:0], a.at.Epoch, rec.Bound)
	return a.stage(a.key, 0, a.val)
}

// isHigherHead reports whether a knows of more numbers than b.
func isHigherHead(a, b []byte) bool {
	_, nextA, errA := parseHeadValue(a)
	_, nextB, errB := parseHeadValue(b)
	return errA == nil && (errB != nil || nextA > nextB)
}
