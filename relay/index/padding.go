package index

import (
	"bytes"
	"encoding/binary"

	"github.com/cockroachdb/pebble"
)

// keyUnpadded says that a receiver was erased whose records may be in the file of the log that is being written.
// Its value is the serial of the batch that erased the last one.
var keyUnpadded = []byte{prefixPerson, 'b'}

func appendSerial(dst []byte, serial uint64) []byte {
	return binary.BigEndian.AppendUint64(dst, serial)
}

// Unpadded returns a mark of the last erasure after which the log was not padded; nil if there is none.
func (ix *Index) Unpadded() (mark []byte, err error) { return ix.get(keyUnpadded) }

// SetPadded notes that the log was padded after the erasure with a mark.
func (ix *Index) SetPadded(mark []byte) error {
	ix.mu.Lock() // nothing is applied meanwhile
	defer ix.mu.Unlock()
	if ix.db == nil {
		return ErrClosed
	}
	now, err := copyOf(ix.db.Get(keyUnpadded))
	if err != nil || !bytes.Equal(now, mark) {
		return err // another one was erased since
	}
	return ix.db.Delete(keyUnpadded, pebble.NoSync)
}
