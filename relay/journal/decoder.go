package journal

import (
	"encoding/binary"
	"fmt"
	"math"

	"readback/relay/message"
)

// RecordError says which field of a log message or of an index value could not be
// read, and where.
type RecordError struct {
	Field  string
	Offset int
	Reason string
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("%s at octet %d: %s", e.Field, e.Offset, e.Reason)
}

// Decoder reads the fields of a record, or of a value of the index. After its first failure it
// returns zero values; the failure stays in Err.
type Decoder struct {
	B   []byte
	Off int   // of the next field
	Err error // nil, a *RecordError or a *FormatError
}

// Fail records that the current field is malformed, unless there was a failure before.
func (d *Decoder) Fail(field, reason string) {
	if d.Err == nil {
		d.Err = &RecordError{Field: field, Offset: d.Off, Reason: reason}
	}
	d.Off = len(d.B)
}

// Byte reads one octet.
func (d *Decoder) Byte(field string) byte {
	if d.Off >= len(d.B) {
		d.Fail(field, "cut short")
		return 0
	}
	d.Off++
	return d.B[d.Off-1]
}

// Uvarint reads an integer of at most limit.
func (d *Decoder) Uvarint(field string, limit uint64) uint64 {
	v, n := binary.Uvarint(d.B[d.Off:])
	switch {
	case n <= 0:
		d.Fail(field, "no varint")
		return 0
	case v > limit:
		d.Fail(field, "too large")
		return 0
	}
	d.Off += n
	return v
}

// Uint16 reads an integer of 16 bits.
func (d *Decoder) Uint16(field string) uint16 {
	return uint16(d.Uvarint(field, math.MaxUint16))
}

// Ordinal reads an ordinal. It leaves room for the arithmetic on bounds.
func (d *Decoder) Ordinal(field string) uint64 { return d.Uvarint(field, 1<<62) }

// Time reads a time in milliseconds since 1970.
func (d *Decoder) Time(field string) int64 { return int64(d.Uvarint(field, 1<<48)) }

// Uint64 reads eight octets, big-endian.
func (d *Decoder) Uint64(field string) uint64 {
	if len(d.B)-d.Off < 8 {
		d.Fail(field, "cut short")
		return 0
	}
	d.Off += 8
	return binary.BigEndian.Uint64(d.B[d.Off-8:])
}

// String reads a string of at most limit octets. It is part of B.
func (d *Decoder) String(field string, limit int) []byte {
	n := int(d.Uvarint(field, uint64(limit)))
	if len(d.B)-d.Off < n {
		d.Fail(field, "cut short")
		return nil
	}
	d.Off += n
	return d.B[d.Off-n : d.Off]
}

// Addr reads an address.
func (d *Decoder) Addr(field string) message.Addr {
	s := d.String(field, message.MaxAddr)
	if d.Err != nil {
		return message.Addr{}
	}
	a, err := message.NewAddr(s)
	if err != nil {
		d.Fail(field, err.Error())
	}
	return a
}

func (d *Decoder) conversation() message.Conversation {
	return message.Conversation{Sender: d.Addr("sender"), Receiver: d.Addr("receiver")}
}

func (d *Decoder) place() Place {
	return Place{
		Conv: d.conversation(), Day: d.Uint16("day"),
		Number: d.Uint16("number"), Ordinal: d.Ordinal("ordinal"),
	}
}

// Address reads an address as submitted; without text its address is the normal one.
func (d *Decoder) Address(field string, text bool, normal message.Addr) message.Address {
	a := message.Address{TON: d.Byte(field), NPI: d.Byte(field), Addr: normal}
	if text {
		a.Addr = d.Addr(field)
	}
	return a
}

// State reads the state of a message.
func (d *Decoder) State(field string) message.State {
	s := message.State(d.Byte(field))
	if !s.IsKnown() {
		d.Fail(field, "unknown state")
	}
	return s
}
