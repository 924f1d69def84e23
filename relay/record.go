package relay

import (
	"encoding/binary"

	"readback/relay/message"
)

// A batch is one message of the log, and a record one event of the ledger. Integers
// are unsigned varints unless said, a string is its length and its octets, a
// time is in milliseconds since 1970:
//
//	batch     version(1 octet)=1 · epoch · instance(8 octets) · serial · record …
//	record    kind(1 octet) · body
//
//	start     first · last · instance name(string) · time
//	stop      time
//	head      conversation · bound
//	accepted  place · ahead · time · flags(1 octet) · account(string) · message_id(string) ·
//	          from · to · [user_message_reference] · [part]
//	receipt   place · part seq(1 octet) · state(1 octet) · time
//	read      place · status(1 octet) · read time · time it came in · id hash(8 octets)
//	fed       log sequence of the read · its place in the batch
//	opt-out   receiver(string) · on(1 octet) · since when · time
//	erase     receiver(string) · time
//	route     day · account(string) · message_id(string), in one form
//	cut       day · total(1 octet) · seq(1 octet) · registered_delivery(1 octet) ·
//	          receiver(string) · key of the first part(string) · key(string)
//	merge     day · seq(1 octet) · message_state(1 octet) · key of the first part(string) ·
//	          message_id(string) · err(string) · network_error_code(string) · text(string)
//	reported  place · time
//	published log sequence of the last event's record · its place in the batch
//
//	conversation  sender(string) · receiver(string), normalised
//	place         conversation · day since 1970 · number · ordinal
//	from, to      TON(1 octet) · NPI(1 octet) · [address(string), if not the normalised one]
//	part          reference · total(1 octet) · seq(1 octet)
//
// The key of a part is its message_id in one form.
//
// instance and serial make a batch unlike any other, so that a writer knows its own
// batch again. bound says that all ordinals below it are given; in accepted it is
// ordinal + 1 + ahead.
const batchVersion = 1

// maxBatch is the largest batch in octets; maxRecord is more than any record has.
const (
	maxBatch  = 64 << 10
	maxRecord = 1 << 10
)

// Bounds of the strings in a record.
const (
	maxAccount   = 64
	maxMessageID = 255
	maxInstance  = 64
)

type kind byte

const (
	kindStart kind = iota + 1
	kindStop
	kindHead
	kindAccepted
	kindReceipt
	kindRead
	kindFed
	kindRoute
	kindCut
	kindMerge
	kindOptOut
	kindErase
	kindReported
	kindPublished
	// kinds is how many there are, counting none. A new kind raises indexVersion as well: an older
	// release then reads the log from its beginning, finds the kind, and refuses the store.
	kinds
)

var kindNames = [kinds]string{
	"", "start", "stop", "head", "accepted", "receipt", "read", "fed", "route", "cut", "merge", "opt_out", "erase",
	"reported", "published",
}

func (k kind) String() string { return kindNames[k] }

// changes tells whether a record of this kind changes what an earlier one brought.
func (k kind) changes() bool {
	return k == kindReceipt || k == kindRead || k == kindMerge || k == kindErase || k == kindReported
}

// waits tells whether a record of this kind that finds no room is only put off, or not missed.
func (k kind) waits() bool { return k == kindHead || k == kindPublished || k == kindReported }

// flags of an accepted record
const (
	flagReference = 1 << iota
	flagPart
	flagWide
	flagFrom // the sender as submitted is not the normalised one
	flagTo
	flagReceipt // the ESME wants the SMSC's receipt of a delivery
)

// place is where the entry of a message stands.
type place struct {
	conv    message.Conversation
	day     uint16 // of its submission, since 1970, UTC
	number  uint16
	ordinal uint64
}

// record is any record: which fields count depends on the kind. Its slices are parts
// of the batch it was read from.
type record struct {
	kind        kind
	place       place
	bound       uint64 // head, accepted
	at          int64  // when the event was, ms
	first, last uint16 // start
	instance    []byte // start

	account, messageID []byte // accepted, route
	from, to           message.Address
	reference          uint16
	hasReference       bool
	wantsReceipt       bool
	part               message.Part

	partSeq uint8 // receipt
	state   message.State

	status uint8 // read; opt-out: 1 on, 0 off
	readAt int64 // read; opt-out: since when
	id     uint64

	seq   uint64 // fed, published
	index uint64

	cut   cutRecord // cut, merge
	notes PartReceipt
}

// header is what stands before the records of a batch.
type header struct {
	epoch    uint64
	instance uint64
	serial   uint64
}

func appendHeader(dst []byte, h header) []byte {
	dst = append(dst, batchVersion)
	dst = binary.AppendUvarint(dst, h.epoch)
	dst = binary.BigEndian.AppendUint64(dst, h.instance)
	return binary.AppendUvarint(dst, h.serial)
}

func appendStart(dst []byte, r *record) []byte {
	dst = append(dst, byte(kindStart))
	dst = binary.AppendUvarint(dst, uint64(r.first))
	dst = binary.AppendUvarint(dst, uint64(r.last))
	dst = appendString(dst, r.instance)
	return binary.AppendUvarint(dst, uint64(r.at))
}

func appendStop(dst []byte, at int64) []byte {
	return binary.AppendUvarint(append(dst, byte(kindStop)), uint64(at))
}

func appendHead(dst []byte, c *message.Conversation, bound uint64) []byte {
	dst = appendConversation(append(dst, byte(kindHead)), c)
	return binary.AppendUvarint(dst, bound)
}

// appendAccepted takes the account apart from r: where it comes from it is a string.
func appendAccepted[T string | []byte](dst []byte, r *record, account T) []byte {
	dst = appendPlace(append(dst, byte(kindAccepted)), &r.place)
	dst = binary.AppendUvarint(dst, r.bound-r.place.ordinal-1)
	dst = binary.AppendUvarint(dst, uint64(r.at))
	flags := r.flags()
	dst = append(dst, flags)
	dst = appendString(dst, account)
	dst = appendString(dst, r.messageID)
	dst = appendAddress(dst, &r.from, flags&flagFrom != 0)
	dst = appendAddress(dst, &r.to, flags&flagTo != 0)
	if r.hasReference {
		dst = binary.AppendUvarint(dst, uint64(r.reference))
	}
	if r.part.Total > 1 {
		dst = binary.AppendUvarint(dst, uint64(r.part.Ref))
		dst = append(dst, r.part.Total, r.part.Seq)
	}
	return dst
}

func (r *record) flags() (flags byte) {
	if r.hasReference {
		flags |= flagReference
	}
	if r.part.Total > 1 {
		flags |= flagPart
	}
	if r.part.Wide {
		flags |= flagWide
	}
	if r.from.Addr != r.place.conv.Sender {
		flags |= flagFrom
	}
	if r.to.Addr != r.place.conv.Receiver {
		flags |= flagTo
	}
	if r.wantsReceipt {
		flags |= flagReceipt
	}
	return flags
}

func appendReceipt(dst []byte, r *record) []byte {
	dst = appendPlace(append(dst, byte(kindReceipt)), &r.place)
	dst = append(dst, r.partSeq, byte(r.state))
	return binary.AppendUvarint(dst, uint64(r.at))
}

func appendRead(dst []byte, r *record) []byte {
	dst = appendPlace(append(dst, byte(kindRead)), &r.place)
	dst = append(dst, r.status)
	dst = binary.AppendUvarint(dst, uint64(r.readAt))
	dst = binary.AppendUvarint(dst, uint64(r.at))
	return binary.BigEndian.AppendUint64(dst, r.id)
}

func appendFed(dst []byte, seq, index uint64) []byte {
	dst = binary.AppendUvarint(append(dst, byte(kindFed)), seq)
	return binary.AppendUvarint(dst, index)
}

func appendOptOut(dst []byte, r *record) []byte {
	dst = appendString(append(dst, byte(kindOptOut)), r.place.conv.Receiver.Bytes())
	dst = binary.AppendUvarint(append(dst, r.status), uint64(r.readAt))
	return binary.AppendUvarint(dst, uint64(r.at))
}

func appendErase(dst []byte, receiver *message.Addr, at int64) []byte {
	dst = appendString(append(dst, byte(kindErase)), receiver.Bytes())
	return binary.AppendUvarint(dst, uint64(at))
}

// appendRoute takes the account as appendAccepted does.
func appendRoute[T string | []byte](dst []byte, day uint16, account T, id []byte) []byte {
	dst = binary.AppendUvarint(append(dst, byte(kindRoute)), uint64(day))
	return appendString(appendString(dst, account), id)
}

func appendPlace(dst []byte, p *place) []byte {
	dst = appendConversation(dst, &p.conv)
	dst = binary.AppendUvarint(dst, uint64(p.day))
	dst = binary.AppendUvarint(dst, uint64(p.number))
	return binary.AppendUvarint(dst, p.ordinal)
}

func appendConversation(dst []byte, c *message.Conversation) []byte {
	return appendString(appendString(dst, c.Sender.Bytes()), c.Receiver.Bytes())
}

func appendAddress(dst []byte, a *message.Address, text bool) []byte {
	dst = append(dst, a.TON, a.NPI)
	if text {
		dst = appendString(dst, a.Addr.Bytes())
	}
	return dst
}

func appendString[T string | []byte](dst []byte, s T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}
