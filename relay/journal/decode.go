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

// Decoder reads fields; its first failure sticks.
type Decoder struct {
	B   []byte
	Off int
	Err error
}

func (d *Decoder) Fail(field, reason string) {
	if d.Err == nil {
		d.Err = &RecordError{Field: field, Offset: d.Off, Reason: reason}
	}
	d.Off = len(d.B)
}

func (d *Decoder) Byte(field string) byte {
	if d.Off >= len(d.B) {
		d.Fail(field, "cut short")
		return 0
	}
	d.Off++
	return d.B[d.Off-1]
}

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

func (d *Decoder) Uint16(field string) uint16 {
	return uint16(d.Uvarint(field, math.MaxUint16))
}

// Ordinal leaves room for the arithmetic on bounds.
func (d *Decoder) Ordinal(field string) uint64 { return d.Uvarint(field, 1<<62) }

func (d *Decoder) Time(field string) int64 { return int64(d.Uvarint(field, 1<<48)) }

func (d *Decoder) Uint64(field string) uint64 {
	if len(d.B)-d.Off < 8 {
		d.Fail(field, "cut short")
		return 0
	}
	d.Off += 8
	return binary.BigEndian.Uint64(d.B[d.Off-8:])
}

func (d *Decoder) String(field string, limit int) []byte {
	n := int(d.Uvarint(field, uint64(limit)))
	if len(d.B)-d.Off < n {
		d.Fail(field, "cut short")
		return nil
	}
	d.Off += n
	return d.B[d.Off-n : d.Off]
}

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

func (d *Decoder) Address(field string, text bool, normal message.Addr) message.Address {
	a := message.Address{TON: d.Byte(field), NPI: d.Byte(field), Addr: normal}
	if text {
		a.Addr = d.Addr(field)
	}
	return a
}

func (d *Decoder) State(field string) message.State {
	s := message.State(d.Byte(field))
	if !s.IsKnown() {
		d.Fail(field, "unknown state")
	}
	return s
}

// batchReader reads the records of a batch.
type batchReader struct {
	Decoder
	Header Header
}

// ParseBatch reads the header; the records are read by next.
func ParseBatch(data []byte) (batchReader, error) {
	r := batchReader{Decoder: Decoder{B: data}}
	if v := r.Byte("version"); r.Err == nil && v != BatchVersion {
		r.Off = 0
		if v > BatchVersion {
			r.newer("version", fmt.Sprintf("batches of version %d", v))
		}
		r.Fail("version", fmt.Sprintf("%d is not %d", v, BatchVersion))
	}
	r.Header = Header{
		Epoch:    r.Ordinal("epoch"),
		Instance: r.Uint64("instance"),
		Serial:   r.Uvarint("serial", math.MaxUint64),
	}
	return r, r.Err
}

// Next reads one record into rec and tells whether there was one. The slices of rec
// are parts of the batch.
func (r *batchReader) Next(rec *Record) bool {
	if r.Err != nil || r.Off == len(r.B) {
		return false
	}
	*rec = Record{Kind: Kind(r.Byte("kind"))}
	switch rec.Kind {
	case KindStart:
		rec.First, rec.Last = r.Uint16("first"), r.Uint16("last")
		rec.Instance = r.String("instance name", MaxInstance)
		rec.At = r.Time("time")
	case KindStop:
		rec.At = r.Time("time")
	case KindHead:
		rec.Place.Conv = r.conversation()
		rec.Bound = r.Ordinal("bound")
	case KindAccepted:
		r.accepted(rec)
	case KindReceipt:
		rec.Place = r.place()
		rec.PartSeq, rec.State = r.Byte("part seq"), r.State("state")
		rec.At = r.Time("time")
	case KindRead:
		rec.Place = r.place()
		if rec.Status = r.Byte("status"); rec.Status > message.StatusDeletedUnread {
			r.Fail("status", "unknown status")
		}
		rec.ReadAt, rec.At = r.Time("read time"), r.Time("time")
		rec.ID = r.Uint64("id")
	case KindReported:
		rec.Place, rec.At = r.place(), r.Time("time")
	case KindFed, KindPublished:
		rec.Seq = r.Uvarint("sequence", math.MaxUint64)
		rec.Index = r.Uvarint("place in the batch", MaxBatch)
	case KindOptOut:
		rec.Place.Conv.Receiver = r.Addr("receiver")
		if rec.Status = r.Byte("on"); rec.Status > 1 {
			r.Fail("on", "neither 0 nor 1")
		}
		rec.ReadAt, rec.At = r.Time("since"), r.Time("time")
	case KindErase:
		rec.Place.Conv.Receiver, rec.At = r.Addr("receiver"), r.Time("time")
	case KindRoute:
		rec.Place.Day = r.Uint16("day")
		rec.Account = r.String("account", MaxAccount)
		rec.MessageID = r.String("message_id", MaxRouteID)
	case KindCut:
		r.cut(rec)
	case KindMerge:
		r.merge(rec)
	default:
		r.Off--
		if rec.Kind >= Kinds {
			r.newer("kind", fmt.Sprintf("records of kind %d", rec.Kind))
		}
		r.Fail("kind", fmt.Sprintf("%d is unknown", rec.Kind))
	}
	return r.Err == nil
}

func (r *batchReader) cut(rec *Record) {
	rec.Place.Day = r.Uint16("day")
	rec.Part.Total, rec.PartSeq = r.Byte("part total"), r.Byte("part seq")
	rec.Cut.Wanted = r.Byte("registered_delivery")
	rec.Place.Conv.Receiver = r.Addr("receiver")
	rec.Cut.First = r.String("first key", MaxMessageID)
	rec.Cut.Key = r.String("key", MaxMessageID)
	if rec.PartSeq == 0 || rec.PartSeq > rec.Part.Total {
		r.Fail("part seq", "is not from 1 to the total")
	}
}

func (r *batchReader) merge(rec *Record) {
	rec.Place.Day = r.Uint16("day")
	rec.PartSeq, rec.Notes.State = r.Byte("part seq"), r.Byte("message_state")
	rec.Cut.First = r.String("first key", MaxMessageID)
	rec.Notes.ID = string(r.String("message_id", message.MaxNote))
	rec.Notes.Err = string(r.String("err", message.MaxNote))
	rec.Notes.Network = string(r.String("network_error_code", message.MaxNote))
	rec.Notes.Text = string(r.String("text", message.MaxNote))
}

func (r *batchReader) accepted(rec *Record) {
	rec.Place = r.place()
	rec.Bound = rec.Place.Ordinal + 1 + r.Ordinal("ahead")
	rec.At = r.Time("time")
	flags := r.Byte("flags")
	if flags >= flagReceipt<<1 {
		r.Fail("flags", "unknown flag")
	}
	rec.Account = r.String("account", MaxAccount)
	rec.MessageID = r.String("message_id", MaxMessageID)
	rec.From = r.Address("from", flags&flagFrom != 0, rec.Place.Conv.Sender)
	rec.To = r.Address("to", flags&flagTo != 0, rec.Place.Conv.Receiver)
	if rec.HasReference = flags&flagReference != 0; rec.HasReference {
		rec.Reference = r.Uint16("user_message_reference")
	}
	rec.WantsReceipt = flags&flagReceipt != 0
	rec.Part.Wide = flags&flagWide != 0
	if flags&flagPart != 0 {
		rec.Part.Ref = r.Uint16("part reference")
		rec.Part.Total, rec.Part.Seq = r.Byte("part total"), r.Byte("part seq")
		if rec.Part.Total < 2 {
			r.Fail("part total", "under 2")
		}
	}
}
