package journal

import "encoding/binary"

// AppendStart appends the record that begins an epoch. After it no earlier writer can append.
//
//	start     first · last · instance name(string) · time
//
// The index learns from it in which epoch the cycle of numbers began.
func AppendStart(dst []byte, r *Record) []byte {
	dst = append(dst, byte(KindStart))
	dst = binary.AppendUvarint(dst, uint64(r.First))
	dst = binary.AppendUvarint(dst, uint64(r.Last))
	dst = AppendString(dst, r.Instance)
	return binary.AppendUvarint(dst, uint64(r.At))
}

func parseStart(d *Decoder, r *Record) {
	r.First, r.Last = d.Uint16("first"), d.Uint16("last")
	r.Instance = d.String("instance name", MaxInstance)
	r.At = d.Time("time")
}
