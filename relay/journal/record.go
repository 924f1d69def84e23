package journal

import "readback/relay/message"

// Limits of the strings in a record, in octets.
const (
	MaxAccount   = 64
	MaxMessageID = 255
	MaxInstance  = 64
	MaxWay       = 16
)

// Place identifies the entry of a message in the index.
type Place struct {
	Conv    message.Conversation
	Day     uint16 // under which it is filed, since 1970, UTC: of its submission, or later if it can be read for longer
	Number  uint16
	Ordinal uint64 // the position of the message in its conversation, from 0
}

// Record is a record of any kind. The kind says which fields count. The slices of a record
// that was read are parts of its batch.
type Record struct {
	Kind        Kind
	Place       Place
	Bound       uint64 // head, accepted, cycle
	Skip        uint64 // skip
	At          int64  // when the event was, ms
	First, Last uint16 // start, cycle
	Instance    []byte // start

	Account, MessageID []byte // accepted, route
	From, To           message.Address
	Reference          uint16
	HasReference       bool
	WantsReceipt       bool
	Part               message.Part
	Trail              message.Trail

	PartSeq uint8 // receipt, cut, merge
	State   message.State

	Status uint8 // read; opt-out: 1 on, 0 off
	ReadAt int64 // read; opt-out: since when
	ID     uint64
	Way    []byte // read: the way in; empty: of an earlier release

	Session message.Session // told

	Seq   uint64 // fed, published
	Index uint64

	Split SplitRecord // cut, merge
	Notes message.PartReceipt
}
