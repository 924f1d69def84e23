package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

// AppendErase appends the record that everything about a receiver is erased, at a time in
// milliseconds.
//
//	erase     receiver(string) · time
func AppendErase(dst []byte, receiver *message.Addr, at int64) []byte {
	dst = AppendString(append(dst, byte(KindErase)), receiver.Bytes())
	return binary.AppendUvarint(dst, uint64(at))
}

func appendErase(dst []byte, r *Record) []byte {
	return AppendErase(dst, &r.Place.Conv.Receiver, r.At)
}

func parseErase(d *Decoder, r *Record) {
	r.Place.Conv.Receiver, r.At = d.Addr("receiver"), d.Time("time")
}
