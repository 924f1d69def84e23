package journal

import "encoding/binary"

// AppendOptOut appends the record that a receiver has opted out, or no longer.
//
//	opt-out   receiver(string) · on(1 octet) · since when · time
func AppendOptOut(dst []byte, r *Record) []byte {
	dst = AppendString(append(dst, byte(KindOptOut)), r.Place.Conv.Receiver.Bytes())
	dst = binary.AppendUvarint(append(dst, r.Status), uint64(r.ReadAt))
	return binary.AppendUvarint(dst, uint64(r.At))
}

func parseOptOut(d *Decoder, r *Record) {
	r.Place.Conv.Receiver = d.Addr("receiver")
	if r.Status = d.Byte("on"); r.Status > 1 {
		d.Fail("on", "neither 0 nor 1")
	}
	r.ReadAt, r.At = d.Time("since"), d.Time("time")
}
