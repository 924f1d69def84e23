package journal

import "encoding/binary"

// SplitPart is one of the parts into which the gateway has split a message without room for its
// number, as a receipt names it.
type SplitPart struct {
	Seq   uint8
	First string // name of the message; of an earlier release: key of the first part
	Day   uint16
}

// SplitRecord is what is recorded of the parts beside the record's other fields.
type SplitRecord struct {
	First, Key []byte // First is as in SplitPart
	Wanted     byte
}

// AppendSplit appends the record by which the receipt of a part finds its message, or that of a message
// without a number, which has a total of 1, finds none.
//
//	cut       day · total(1 octet) · seq(1 octet) · registered_delivery(1 octet) ·
//	          receiver(string) · name of the message · key
func AppendSplit(dst []byte, r *Record) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindSplit)), uint64(r.Place.Day))
	dst = append(dst, r.Part.Total, r.PartSeq, r.Split.Wanted)
	dst = AppendString(dst, r.Place.Conv.Receiver.Bytes())
	return AppendString(AppendString(dst, r.Split.First), r.Split.Key)
}

func parseSplit(d *Decoder, r *Record) {
	r.Place.Day = d.Uint16("day")
	r.Part.Total, r.PartSeq = d.Byte("part total"), d.Byte("part seq")
	r.Split.Wanted = d.Byte("registered_delivery")
	r.Place.Conv.Receiver = d.Addr("receiver")
	r.Split.First = d.String("first key", MaxMessageID)
	r.Split.Key = d.String("key", MaxMessageID)
	if r.PartSeq == 0 || r.PartSeq > r.Part.Total {
		d.Fail("part seq", "is not from 1 to the total")
	}
}
