package journal

import "encoding/binary"

// AppendTold appends the record of AppendReported with the session of the ESME that has acknowledged the feedback.
//
//	told      place · time · session
func AppendTold(dst []byte, r *Record) []byte {
	dst = appendPlace(append(dst, byte(KindTold)), &r.Place)
	dst = binary.AppendUvarint(dst, uint64(r.At))
	return binary.AppendUvarint(dst, uint64(r.Session))
}

func parseTold(d *Decoder, r *Record) {
	r.Place, r.At, r.Session = d.place(), d.Time("time"), d.Session("session")
}
