package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

func AppendReported(dst []byte, r *Record) []byte {
	dst = appendPlace(append(dst, byte(KindReported)), &r.Place)
	return binary.AppendUvarint(dst, uint64(r.At))
}

func AppendPublished(dst []byte, seq, index uint64) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindPublished)), seq)
	return binary.AppendUvarint(dst, index)
}

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
const BatchVersion = 1

// MaxBatch is the largest batch in octets; maxRecord is more than any record has.
const (
	MaxBatch  = 64 << 10
	MaxRecord = 1 << 10
)

// Bounds of the strings in a record.
const (
	MaxAccount   = 64
	MaxMessageID = 255
	MaxInstance  = 64
)

type Kind byte

const (
	KindStart Kind = iota + 1
	KindStop
	KindHead
	KindAccepted
	KindReceipt
	KindRead
	KindFed
	KindRoute
	KindCut
	KindMerge
	KindOptOut
	KindErase
	KindReported
	KindPublished
	// Kinds is how many there are, counting none. A new kind raises indexVersion as well: an older
	// release then reads the log from its beginning, finds the kind, and refuses the store.
	Kinds
)

var KindNames = [Kinds]string{
	"", "start", "stop", "head", "accepted", "receipt", "read", "fed", "route", "cut", "merge", "opt_out", "erase",
	"reported", "published",
}

func (k Kind) String() string { return KindNames[k] }

// Changes tells whether a record of this kind changes what an earlier one brought.
func (k Kind) Changes() bool {
	return k == KindReceipt || k == KindRead || k == KindMerge || k == KindErase || k == KindReported
}

// Waits tells whether a record of this kind that finds no room is only put off, or not missed.
func (k Kind) Waits() bool { return k == KindHead || k == KindPublished || k == KindReported }

// flags of an accepted record
const (
	flagReference = 1 << iota
	flagPart
	flagWide
	flagFrom // the sender as submitted is not the normalised one
	flagTo
	flagReceipt // the ESME wants the SMSC's receipt of a delivery
)

// Place is where the entry of a message stands.
type Place struct {
	Conv    message.Conversation
	Day     uint16 // of its submission, since 1970, UTC
	Number  uint16
	Ordinal uint64
}

// Record is any record: which fields count depends on the kind. Its slices are parts
// of the batch it was read from.
type Record struct {
	Kind        Kind
	Place       Place
	Bound       uint64 // head, accepted
	At          int64  // when the event was, ms
	First, Last uint16 // start
	Instance    []byte // start

	Account, MessageID []byte // accepted, route
	From, To           message.Address
	Reference          uint16
	HasReference       bool
	WantsReceipt       bool
	Part               message.Part

	PartSeq uint8 // receipt
	State   message.State

	Status uint8 // read; opt-out: 1 on, 0 off
	ReadAt int64 // read; opt-out: since when
	ID     uint64

	Seq   uint64 // fed, published
	Index uint64

	Cut   CutRecord // cut, merge
	Notes message.PartReceipt
}

// Header is what stands before the records of a batch.
type Header struct {
	Epoch    uint64
	Instance uint64
	Serial   uint64
}

func AppendHeader(dst []byte, h Header) []byte {
	dst = append(dst, BatchVersion)
	dst = binary.AppendUvarint(dst, h.Epoch)
	dst = binary.BigEndian.AppendUint64(dst, h.Instance)
	return binary.AppendUvarint(dst, h.Serial)
}

func AppendStart(dst []byte, r *Record) []byte {
	dst = append(dst, byte(KindStart))
	dst = binary.AppendUvarint(dst, uint64(r.First))
	dst = binary.AppendUvarint(dst, uint64(r.Last))
	dst = AppendString(dst, r.Instance)
	return binary.AppendUvarint(dst, uint64(r.At))
}

func AppendStop(dst []byte, at int64) []byte {
	return binary.AppendUvarint(append(dst, byte(KindStop)), uint64(at))
}

func AppendHead(dst []byte, c *message.Conversation, bound uint64) []byte {
	dst = AppendConversation(append(dst, byte(KindHead)), c)
	return binary.AppendUvarint(dst, bound)
}

// AppendAccepted takes the account apart from r: where it comes from it is a string.
func AppendAccepted[T string | []byte](dst []byte, r *Record, account T) []byte {
	dst = appendPlace(append(dst, byte(KindAccepted)), &r.Place)
	dst = binary.AppendUvarint(dst, r.Bound-r.Place.Ordinal-1)
	dst = binary.AppendUvarint(dst, uint64(r.At))
	flags := r.flags()
	dst = append(dst, flags)
	dst = AppendString(dst, account)
	dst = AppendString(dst, r.MessageID)
	dst = AppendAddress(dst, &r.From, flags&flagFrom != 0)
	dst = AppendAddress(dst, &r.To, flags&flagTo != 0)
	if r.HasReference {
		dst = binary.AppendUvarint(dst, uint64(r.Reference))
	}
	if r.Part.Total > 1 {
		dst = binary.AppendUvarint(dst, uint64(r.Part.Ref))
		dst = append(dst, r.Part.Total, r.Part.Seq)
	}
	return dst
}

func (r *Record) flags() (flags byte) {
	if r.HasReference {
		flags |= flagReference
	}
	if r.Part.Total > 1 {
		flags |= flagPart
	}
	if r.Part.Wide {
		flags |= flagWide
	}
	if r.From.Addr != r.Place.Conv.Sender {
		flags |= flagFrom
	}
	if r.To.Addr != r.Place.Conv.Receiver {
		flags |= flagTo
	}
	if r.WantsReceipt {
		flags |= flagReceipt
	}
	return flags
}

func AppendReceipt(dst []byte, r *Record) []byte {
	dst = appendPlace(append(dst, byte(KindReceipt)), &r.Place)
	dst = append(dst, r.PartSeq, byte(r.State))
	return binary.AppendUvarint(dst, uint64(r.At))
}

func AppendRead(dst []byte, r *Record) []byte {
	dst = appendPlace(append(dst, byte(KindRead)), &r.Place)
	dst = append(dst, r.Status)
	dst = binary.AppendUvarint(dst, uint64(r.ReadAt))
	dst = binary.AppendUvarint(dst, uint64(r.At))
	return binary.BigEndian.AppendUint64(dst, r.ID)
}

func AppendFed(dst []byte, seq, index uint64) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindFed)), seq)
	return binary.AppendUvarint(dst, index)
}

func AppendOptOut(dst []byte, r *Record) []byte {
	dst = AppendString(append(dst, byte(KindOptOut)), r.Place.Conv.Receiver.Bytes())
	dst = binary.AppendUvarint(append(dst, r.Status), uint64(r.ReadAt))
	return binary.AppendUvarint(dst, uint64(r.At))
}

func AppendErase(dst []byte, receiver *message.Addr, at int64) []byte {
	dst = AppendString(append(dst, byte(KindErase)), receiver.Bytes())
	return binary.AppendUvarint(dst, uint64(at))
}

// AppendRoute takes the account as appendAccepted does.
func AppendRoute[T string | []byte](dst []byte, day uint16, account T, id []byte) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindRoute)), uint64(day))
	return AppendString(AppendString(dst, account), id)
}

func appendPlace(dst []byte, p *Place) []byte {
	dst = AppendConversation(dst, &p.Conv)
	dst = binary.AppendUvarint(dst, uint64(p.Day))
	dst = binary.AppendUvarint(dst, uint64(p.Number))
	return binary.AppendUvarint(dst, p.Ordinal)
}

func AppendConversation(dst []byte, c *message.Conversation) []byte {
	return AppendString(AppendString(dst, c.Sender.Bytes()), c.Receiver.Bytes())
}

func AppendAddress(dst []byte, a *message.Address, text bool) []byte {
	dst = append(dst, a.TON, a.NPI)
	if text {
		dst = AppendString(dst, a.Addr.Bytes())
	}
	return dst
}

func AppendString[T string | []byte](dst []byte, s T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// MaxRouteID is how many octets a message_id has (SMPP 3.4 §5.2.23).
const MaxRouteID = 65
