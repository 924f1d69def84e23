package journal

import "encoding/binary"

// AppendReceipt appends the record of a delivery receipt of a message, or of a part of one.
//
//	receipt   place · part seq(1 octet) · state(1 octet) · time
func AppendReceipt(dst []byte, r *Record) []byte {
	dst = appendPlace(append(dst, byte(KindReceipt)), &r.Place)
	dst = append(dst, r.PartSeq, byte(r.State))
	return binary.AppendUvarint(dst, uint64(r.At))
}

func parseReceipt(d *Decoder, r *Record) {
	r.Place = d.place()
	r.PartSeq, r.State = d.Byte("part seq"), d.State("state")
	r.At = d.Time("time")
}
