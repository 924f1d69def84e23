package journal

import "math"

// AppendPublished appends the record that the events up to one are in their stream: they leave
// the outbox.
//
//	published log sequence of the last event's record · its place in the batch
func AppendPublished(dst []byte, seq, index uint64) []byte {
	return appendPosition(append(dst, byte(KindPublished)), seq, index)
}

func appendPublished(dst []byte, r *Record) []byte { return AppendPublished(dst, r.Seq, r.Index) }

func parsePublished(d *Decoder, r *Record) { parsePosition(d, r) }

func parsePosition(d *Decoder, r *Record) {
	r.Seq = d.Uvarint("sequence", math.MaxUint64)
	r.Index = d.Uvarint("place in the batch", MaxBatch)
}
