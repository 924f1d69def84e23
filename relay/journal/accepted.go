package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

// Flags of an accepted record.
const (
	flagReference = 1 << iota
	flagPart
	flagWide
	flagFrom // the sender as submitted is not the normalised one
	flagTo
	flagReceipt // the ESME wants the SMSC's receipt of a delivery
	flagTrail
)

// AppendAccepted appends the record of a message, or a part of one, that the SMSC accepted. It
// says as a head record does that all ordinals below its bound are assigned, which is
// ordinal + 1 + ahead. The account is not that of r: the ledger has it as a string.
//
//	accepted  place · ahead · time · flags(1 octet) · account(string) · message_id(string) ·
//	          from · to · [user_message_reference] · [part] · [trail]
func AppendAccepted[T string | []byte](dst []byte, r *Record, account T) []byte {
	return appendMessage(append(dst, byte(KindAccepted)), r, account)
}

// AppendLate appends the record of an accepted message that comes late: after the ledger had given
// the message up, or had begun another epoch. Its body is that of an accepted record. Other records
// of the conversation may have overtaken it, so it says nothing about the numbers that are assigned,
// and counts only if no later message has the number.
func AppendLate[T string | []byte](dst []byte, r *Record, account T) []byte {
	return appendMessage(append(dst, byte(KindLate)), r, account)
}

func appendLate(dst []byte, r *Record) []byte { return AppendLate(dst, r, r.Account) }

// appendMessage appends the body of an accepted record.
func appendMessage[T string | []byte](dst []byte, r *Record, account T) []byte {
	dst = appendPlace(dst, &r.Place)
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
	if flags&flagTrail != 0 {
		dst = AppendTrail(dst, &r.Trail)
	}
	return dst
}

func appendAccepted(dst []byte, r *Record) []byte { return AppendAccepted(dst, r, r.Account) }

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
	if r.Trail != (message.Trail{}) {
		flags |= flagTrail
	}
	return flags
}

func parseAccepted(d *Decoder, r *Record) {
	r.Place = d.place()
	r.Bound = r.Place.Ordinal + 1 + d.Ordinal("ahead")
	r.At = d.Time("time")
	flags := d.Byte("flags")
	if flags >= flagTrail<<1 {
		d.Fail("flags", "unknown flag")
	}
	r.Account = d.String("account", MaxAccount)
	r.MessageID = d.String("message_id", MaxMessageID)
	r.From = d.Address("from", flags&flagFrom != 0, r.Place.Conv.Sender)
	r.To = d.Address("to", flags&flagTo != 0, r.Place.Conv.Receiver)
	if r.HasReference = flags&flagReference != 0; r.HasReference {
		r.Reference = d.Uint16("user_message_reference")
	}
	r.WantsReceipt = flags&flagReceipt != 0
	r.Part.Wide = flags&flagWide != 0
	if flags&flagPart != 0 {
		r.Part.Ref = d.Uint16("part reference")
		r.Part.Total, r.Part.Seq = d.Byte("part total"), d.Byte("part seq")
		if r.Part.Total < 2 {
			d.Fail("part total", "under 2")
		}
	}
	if flags&flagTrail != 0 {
		r.Trail = d.Trail("trail")
	}
}
