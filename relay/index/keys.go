package index

import (
	"bytes"
	"encoding/binary"

	"readback/relay/journal"
	"readback/relay/message"
)

// The keys of the index begin with one of these. Version changes with any of the keys or values. An index
// of an earlier version is converted: see prepare. One of a newer version is left as it is.
const (
	prefixEntry    = 'e'
	prefixHead     = 'h'
	FeedbackOutbox = 'o'
	prefixMeta     = 'm'
	prefixApplied  = 'a'
	prefixRoute    = 'r'
	prefixSplit    = 'c'
	prefixPart     = 'p' // of an earlier release: see part.go
	prefixOwner    = 'n' // of message_ids: see id_owner.go
	prefixOwnerTo  = 'q'
	prefixPerson   = 'u' // of subscribers: see optout.go, erase.go
	EventOutbox    = 'v'
	prefixSkip     = 'k'
	prefixInstance = 'i'

	Version = 8
)

// dayPrefix is what the keys of a kind of rows have in common on a day: prefix · day(2 octets).
func dayPrefix(dst []byte, prefix byte, day uint16) []byte {
	return binary.BigEndian.AppendUint16(append(dst, prefix), day)
}

// receiverPrefix is what the keys of all entries of a receiver have in common on a day.
func receiverPrefix(dst []byte, day uint16, receiver *message.Addr) []byte {
	return journal.AppendString(dayPrefix(dst, prefixEntry, day), receiver.Bytes())
}

// conversationPrefix is receiverPrefix for a conversation.
func conversationPrefix(dst []byte, day uint16, c *message.Conversation) []byte {
	return journal.AppendString(receiverPrefix(dst, day, &c.Receiver), c.Sender.Bytes())
}

// upper is the first key after all that begin with prefix.
func upper(prefix []byte) []byte {
	up := bytes.Clone(prefix)
	for i := len(up) - 1; i >= 0; i-- {
		if up[i]++; up[i] != 0 {
			return up[:i+1]
		}
	}
	return nil
}
