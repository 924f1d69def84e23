package journal

import (
	"encoding/binary"
)

// IDOwner is the message that a message_id belongs to: the newest one that got the id from the SMSC.
type IDOwner struct {
	Kind    OwnerKind
	Account string
	Place   Place  // without Number and Ordinal if the message has no number
	Seq     uint8  // which part it is, from 1; 0: a message of its own
	Lasts   uint16 // by how many days the day of Place is later than that of the submission
}

// Since returns the day from which on the message has owned its id.
func (o *IDOwner) Since() uint16 { return o.Place.Day - min(o.Place.Day, o.Lasts) }

// OwnerKind says what the gateway knows of the owner of a message_id.
type OwnerKind byte

// The kinds of owners. They stand in the log and in the index, so the values never change.
const (
	OwnerNumbered   OwnerKind = iota + 1 // a message with a number, or a part that the ESME made of one
	OwnerSplit                           // a part that the gateway made of a message
	OwnerUnnumbered                      // a message that the ledger does not follow
)

// flagLasts stands beside the kind of an owner that has Lasts.
const flagLasts = 0x80

// AppendName appends the name of the message of o, which no other message has. A split record has it
// where an earlier release has the key of the first part, which never begins with a zero octet.
//
//	name      0(1 octet) · kind(1 octet) · account(string) · sender(string) · receiver(string) ·
//	          number · ordinal · lasts, if the kind says so
func AppendName(dst []byte, o *IDOwner) []byte {
	dst = AppendSender(append(dst, 0, o.flags()), o)
	dst = AppendString(dst, o.Place.Conv.Receiver.Bytes())
	dst = binary.AppendUvarint(dst, uint64(o.Place.Number))
	return o.appendLasts(binary.AppendUvarint(dst, o.Place.Ordinal))
}

// AppendSender appends what a name has between its kind and the receiver: account and sender.
func AppendSender(dst []byte, o *IDOwner) []byte {
	return AppendString(AppendString(dst, o.Account), o.Place.Conv.Sender.Bytes())
}

// ParseName returns the owner that a split record is about. ok is false if the record is of an earlier
// release.
func ParseName(r *Record) (o IDOwner, ok bool) {
	d := Decoder{B: r.Split.First}
	if d.Byte("zero") != 0 {
		return o, false
	}
	flags := d.Byte("kind")
	o = IDOwner{
		Kind: OwnerKind(flags &^ flagLasts), Account: string(d.String("account", MaxAccount)),
		Place: Place{Conv: d.conversation(), Day: r.Place.Day}, Seq: r.PartSeq,
	}
	o.Place.Number, o.Place.Ordinal = d.Uint16("number"), d.Ordinal("ordinal")
	o.Lasts = d.lasts(flags)
	if o.Kind == OwnerUnnumbered {
		o.Seq = 0
	}
	return o, d.Err == nil
}

// AppendIDOwner appends an owner as the index has it.
//
//	kind(1 octet) · part seq(1 octet) · account(string) · place · lasts, if the kind says so
func AppendIDOwner[T string | []byte](dst []byte, o *IDOwner, account T) []byte {
	return o.appendLasts(appendPlace(AppendString(append(dst, o.flags(), o.Seq), account), &o.Place))
}

// ParseIDOwner is the way back from AppendIDOwner.
func ParseIDOwner(value []byte) (IDOwner, error) {
	d := Decoder{B: value}
	flags := d.Byte("kind")
	o := IDOwner{Kind: OwnerKind(flags &^ flagLasts), Seq: d.Byte("part seq"), Account: string(d.String("account", MaxAccount))}
	o.Place = d.place()
	o.Lasts = d.lasts(flags)
	if d.Err == nil && (o.Kind < OwnerNumbered || o.Kind > OwnerUnnumbered) {
		d.Fail("kind", "unknown")
	}
	if d.Err == nil && d.Off != len(value) {
		d.Fail("end", "more octets follow")
	}
	return o, d.Err
}

func (o *IDOwner) flags() byte {
	if o.Lasts > 0 {
		return byte(o.Kind) | flagLasts
	}
	return byte(o.Kind)
}

func (o *IDOwner) appendLasts(dst []byte) []byte {
	if o.Lasts == 0 {
		return dst
	}
	return binary.AppendUvarint(dst, uint64(o.Lasts))
}

func (d *Decoder) lasts(flags byte) uint16 {
	if flags&flagLasts == 0 {
		return 0
	}
	return d.Uint16("lasts")
}

// SplitPart returns the part that o is, as its receipts are recorded.
func (o *IDOwner) SplitPart() SplitPart {
	return SplitPart{Seq: o.Seq, First: string(AppendName(nil, o)), Day: o.Place.Day}
}
