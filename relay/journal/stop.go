package journal

import "encoding/binary"

// AppendStop appends the record of a clean stop, at a time in milliseconds. If it is the last
// record of the log, no number needs to be skipped.
//
//	stop      time
func AppendStop(dst []byte, at int64) []byte {
	return binary.AppendUvarint(append(dst, byte(KindStop)), uint64(at))
}

func appendStop(dst []byte, r *Record) []byte { return AppendStop(dst, r.At) }

func parseStop(d *Decoder, r *Record) { r.At = d.Time("time") }
