package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

// AppendRead appends the record of a read response.
//
//	read      place · status(1 octet) · read time · time it came in · id hash(8 octets)
func AppendRead(dst []byte, r *Record) []byte {
	dst = appendPlace(append(dst, byte(KindRead)), &r.Place)
	dst = append(dst, r.Status)
	dst = binary.AppendUvarint(dst, uint64(r.ReadAt))
	dst = binary.AppendUvarint(dst, uint64(r.At))
	return binary.BigEndian.AppendUint64(dst, r.ID)
}

func parseRead(d *Decoder, r *Record) {
	r.Place = d.place()
	if r.Status = d.Byte("status"); r.Status > message.StatusDeletedUnread {
		d.Fail("status", "unknown status")
	}
	r.ReadAt, r.At = d.Time("read time"), d.Time("time")
	r.ID = d.Uint64("id")
}
