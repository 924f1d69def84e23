package journal

import "encoding/binary"

// CutPart is one of the parts into which the gateway has split a message without room for its
// number, as a receipt names it.
type CutPart struct {
	Seq   uint8
	First string // key of the first part
	Day   uint16
}

// CutRecord is what is recorded of the parts beside the record's other fields.
type CutRecord struct {
	First, Key []byte
	Wanted     byte
}

// AppendCut appends the record by which the receipt of a part finds its message.
//
//	cut       day · total(1 octet) · seq(1 octet) · registered_delivery(1 octet) ·
//	          receiver(string) · key of the first part · key
func AppendCut(dst []byte, r *Record) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindCut)), uint64(r.Place.Day))
	dst = append(dst, r.Part.Total, r.PartSeq, r.Cut.Wanted)
	dst = AppendString(dst, r.Place.Conv.Receiver.Bytes())
	return AppendString(AppendString(dst, r.Cut.First), r.Cut.Key)
}

func parseCut(d *Decoder, r *Record) {
	r.Place.Day = d.Uint16("day")
	r.Part.Total, r.PartSeq = d.Byte("part total"), d.Byte("part seq")
	r.Cut.Wanted = d.Byte("registered_delivery")
	r.Place.Conv.Receiver = d.Addr("receiver")
	r.Cut.First = d.String("first key", MaxMessageID)
	r.Cut.Key = d.String("key", MaxMessageID)
	if r.PartSeq == 0 || r.PartSeq > r.Part.Total {
		d.Fail("part seq", "is not from 1 to the total")
	}
}
