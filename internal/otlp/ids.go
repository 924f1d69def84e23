package otlp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"readback/relay/journal"
	"readback/relay/message"
)

// ids are those of the trace of a message.
type ids struct {
	trace [16]byte
	root  [8]byte
}

// The spans of a message, by which their ids differ.
const (
	spanMessage = iota
	spanSMSC    // and the part, in the octet before
	spanDelivery
	spanFailure // a message that has failed may be delivered after all
	spanRead
	spanTold
)

// span returns the id of a span of the message. It is the same whenever it is made again.
func (i *ids) span(kind, part byte) []byte {
	id := i.root
	id[6] ^= part
	id[7] ^= kind
	return id[:]
}

// hasher makes the ids of messages. A hash without a key would not hide the receiver: whoever has the traces
// could compute those of all numbers.
type hasher struct{ macs *sync.Pool } // of the key

func newHasher(key []byte) hasher {
	return hasher{&sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// of returns the ids of the message at a place. They follow from the message and the key alone, so that all
// steps of it are in one trace, whichever process sees them.
func (h hasher) of(p *journal.Place) (to ids) {
	mac := h.macs.Get().(hash.Hash)
	defer h.macs.Put(mac)
	mac.Reset()
	var buf [128]byte
	what := append(buf[:0], "trace"...)
	what = message.AppendConversation(what, &p.Conv)
	what = binary.BigEndian.AppendUint16(what, p.Day)
	what = binary.BigEndian.AppendUint64(what, p.Ordinal)
	mac.Write(what)
	sum := mac.Sum(what[:0])
	copy(to.trace[:], sum)
	copy(to.root[:], sum[len(to.trace):])
	return to
}
