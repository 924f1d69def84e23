package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

// flagWay stands beside the status: the way in follows.
const flagWay = 0x80

// AppendRead appends the record of a read response.
//
//	read      place · status and flag(1 octet) · read time · time it came in · id hash(8 octets) ·
//	          [way in(string)]
func AppendRead(dst []byte, r *Record) []byte {
	dst = appendPlace(append(dst, byte(KindRead)), &r.Place)
	way := r.Way[:min(len(r.Way), MaxWay)]
	status := r.Status
	if len(way) > 0 {
		status |= flagWay
	}
	dst = append(dst, status)
	dst = binary.AppendUvarint(dst, uint64(r.ReadAt))
	dst = binary.AppendUvarint(dst, uint64(r.At))
	dst = binary.BigEndian.AppendUint64(dst, r.ID)
	if len(way) > 0 {
		dst = AppendString(dst, way)
	}
	return dst
}

func parseRead(d *Decoder, r *Record) {
	r.Place = d.place()
	status := d.Byte("status")
	if r.Status = status &^ flagWay; r.Status > message.StatusDeletedUnread {
		d.Fail("status", "unknown status")
	}
	r.ReadAt, r.At = d.Time("read time"), d.Time("time")
	r.ID = d.Uint64("id")
	if status&flagWay != 0 {
		if r.Way = d.String("way", MaxWay); len(r.Way) == 0 {
			d.Fail("way", "empty")
		}
	}
}
