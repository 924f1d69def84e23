package journal

import "encoding/binary"

// AppendFed appends the record that a feedback is in its queue: it leaves the outbox.
//
//	fed       log sequence of the read · its place in the batch
func AppendFed(dst []byte, seq, index uint64) []byte {
	return appendPosition(append(dst, byte(KindFed)), seq, index)
}

func appendFed(dst []byte, r *Record) []byte { return AppendFed(dst, r.Seq, r.Index) }

func parseFed(d *Decoder, r *Record) { parsePosition(d, r) }

// appendPosition appends where a record stands in the log.
func appendPosition(dst []byte, seq, index uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, seq), index)
}
