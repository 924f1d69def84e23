package journal

import "encoding/binary"

// AppendReported appends the record that the ESME has acknowledged the feedback on a message.
//
//	reported  place · time
func AppendReported(dst []byte, r *Record) []byte {
	dst = appendPlace(append(dst, byte(KindReported)), &r.Place)
	return binary.AppendUvarint(dst, uint64(r.At))
}

func parseReported(d *Decoder, r *Record) { r.Place, r.At = d.place(), d.Time("time") }
