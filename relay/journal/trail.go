package journal

import (
	"encoding/binary"
	"math"

	"readback/relay/message"
)

// trailSplit stands beside the carriage in a trail.
const trailSplit = 0x80

// AppendTrail appends how a message went its way, as accepted records and entries of the index have it.
//
//	trail     carriage(1 octet) · session · time to the SMSC's answer in ms
func AppendTrail(dst []byte, t *message.Trail) []byte {
	first := byte(t.Carriage)
	if t.Split {
		first |= trailSplit
	}
	dst = binary.AppendUvarint(append(dst, first), uint64(t.Session))
	return binary.AppendUvarint(dst, uint64(t.Answered))
}

// Trail reads what AppendTrail appends.
func (d *Decoder) Trail(field string) (t message.Trail) {
	first := d.Byte(field)
	t.Split, t.Carriage = first&trailSplit != 0, message.Carriage(first&^trailSplit)
	if d.Err == nil && !t.Carriage.IsKnown() {
		d.Fail(field, "unknown carriage")
	}
	t.Session = d.Session("session")
	t.Answered = uint32(d.Uvarint("time to the answer", math.MaxUint32))
	return t
}

// Session reads the number of a session.
func (d *Decoder) Session(field string) message.Session {
	return message.Session(d.Uvarint(field, math.MaxUint32))
}
