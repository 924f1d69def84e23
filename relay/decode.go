package relay

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

// decoder reads fields; its first failure sticks.
type decoder struct {
	b   []byte
	off int
	err error
}

func (d *decoder) fail(field, reason string) {
	if d.err == nil {
		d.err = &RecordError{Field: field, Offset: d.off, Reason: reason}
	}
	d.off = len(d.b)
}

func (d *decoder) byte(field string) byte {
	if d.off >= len(d.b) {
		d.fail(field, "cut short")
		return 0
	}
	d.off++
	return d.b[d.off-1]
}

func (d *decoder) uvarint(field string, limit uint64) uint64 {
	v, n := binary.Uvarint(d.b[d.off:])
	switch {
	case n <= 0:
		d.fail(field, "no varint")
		return 0
	case v > limit:
		d.fail(field, "too large")
		return 0
	}
	d.off += n
	return v
}

func (d *decoder) uint16(field string) uint16 {
	return uint16(d.uvarint(field, math.MaxUint16))
}

// ordinal leaves room for the arithmetic on bounds.
func (d *decoder) ordinal(field string) uint64 { return d.uvarint(field, 1<<62) }

func (d *decoder) time(field string) int64 { return int64(d.uvarint(field, 1<<48)) }

func (d *decoder) uint64(field string) uint64 {
	if len(d.b)-d.off < 8 {
		d.fail(field, "cut short")
		return 0
	}
	d.off += 8
	return binary.BigEndian.Uint64(d.b[d.off-8:])
}

func (d *decoder) string(field string, limit int) []byte {
	n := int(d.uvarint(field, uint64(limit)))
	if len(d.b)-d.off < n {
		d.fail(field, "cut short")
		return nil
	}
	d.off += n
	return d.b[d.off-n : d.off]
}

func (d *decoder) addr(field string) message.Addr {
	s := d.string(field, message.MaxAddr)
	if d.err != nil {
		return message.Addr{}
	}
	a, err := message.NewAddr(s)
	if err != nil {
		d.fail(field, err.Error())
	}
	return a
}

func (d *decoder) conversation() message.Conversation {
	return message.Conversation{Sender: d.addr("sender"), Receiver: d.addr("receiver")}
}

func (d *decoder) place() place {
	return place{
		conv: d.conversation(), day: d.uint16("day"),
		number: d.uint16("number"), ordinal: d.ordinal("ordinal"),
	}
}

func (d *decoder) address(field string, text bool, normal message.Addr) message.Address {
	a := message.Address{TON: d.byte(field), NPI: d.byte(field), Addr: normal}
	if text {
		a.Addr = d.addr(field)
	}
	return a
}

func (d *decoder) state(field string) message.State {
	s := message.State(d.byte(field))
	if !s.IsKnown() {
		d.fail(field, "unknown state")
	}
	return s
}

// batchReader reads the records of a batch.
type batchReader struct {
	decoder
	header header
}

// parseBatch reads the header; the records are read by next.
func parseBatch(data []byte) (batchReader, error) {
	r := batchReader{decoder: decoder{b: data}}
	if v := r.byte("version"); r.err == nil && v != batchVersion {
		r.off = 0
		if v > batchVersion {
			r.newer("version", fmt.Sprintf("batches of version %d", v))
		}
		r.fail("version", fmt.Sprintf("%d is not %d", v, batchVersion))
	}
	r.header = header{
		epoch:    r.ordinal("epoch"),
		instance: r.uint64("instance"),
		serial:   r.uvarint("serial", math.MaxUint64),
	}
	return r, r.err
}

// next reads one record into rec and tells whether there was one. The slices of rec
// are parts of the batch.
func (r *batchReader) next(rec *record) bool {
	if r.err != nil || r.off == len(r.b) {
		return false
	}
	*rec = record{kind: kind(r.byte("kind"))}
	switch rec.kind {
	case kindStart:
		rec.first, rec.last = r.uint16("first"), r.uint16("last")
		rec.instance = r.string("instance name", maxInstance)
		rec.at = r.time("time")
	case kindStop:
		rec.at = r.time("time")
	case kindHead:
		rec.place.conv = r.conversation()
		rec.bound = r.ordinal("bound")
	case kindAccepted:
		r.accepted(rec)
	case kindReceipt:
		rec.place = r.place()
		rec.partSeq, rec.state = r.byte("part seq"), r.state("state")
		rec.at = r.time("time")
	case kindRead:
		rec.place = r.place()
		if rec.status = r.byte("status"); rec.status > message.StatusDeletedUnread {
			r.fail("status", "unknown status")
		}
		rec.readAt, rec.at = r.time("read time"), r.time("time")
		rec.id = r.uint64("id")
	case kindReported:
		rec.place, rec.at = r.place(), r.time("time")
	case kindFed, kindPublished:
		rec.seq = r.uvarint("sequence", math.MaxUint64)
		rec.index = r.uvarint("place in the batch", maxBatch)
	case kindOptOut:
		rec.place.conv.Receiver = r.addr("receiver")
		if rec.status = r.byte("on"); rec.status > 1 {
			r.fail("on", "neither 0 nor 1")
		}
		rec.readAt, rec.at = r.time("since"), r.time("time")
	case kindErase:
		rec.place.conv.Receiver, rec.at = r.addr("receiver"), r.time("time")
	case kindRoute:
		rec.place.day = r.uint16("day")
		rec.account = r.string("account", maxAccount)
		rec.messageID = r.string("message_id", maxRouteID)
	case kindCut:
		r.cut(rec)
	case kindMerge:
		r.merge(rec)
	default:
		r.off--
		if rec.kind >= kinds {
			r.newer("kind", fmt.Sprintf("records of kind %d", rec.kind))
		}
		r.fail("kind", fmt.Sprintf("%d is unknown", rec.kind))
	}
	return r.err == nil
}

func (r *batchReader) cut(rec *record) {
	rec.place.day = r.uint16("day")
	rec.part.Total, rec.partSeq = r.byte("part total"), r.byte("part seq")
	rec.cut.wanted = r.byte("registered_delivery")
	rec.place.conv.Receiver = r.addr("receiver")
	rec.cut.first = r.string("first key", maxMessageID)
	rec.cut.key = r.string("key", maxMessageID)
	if rec.partSeq == 0 || rec.partSeq > rec.part.Total {
		r.fail("part seq", "is not from 1 to the total")
	}
}

func (r *batchReader) merge(rec *record) {
	rec.place.day = r.uint16("day")
	rec.partSeq, rec.notes.State = r.byte("part seq"), r.byte("message_state")
	rec.cut.first = r.string("first key", maxMessageID)
	rec.notes.ID = string(r.string("message_id", maxNote))
	rec.notes.Err = string(r.string("err", maxNote))
	rec.notes.Network = string(r.string("network_error_code", maxNote))
	rec.notes.Text = string(r.string("text", maxNote))
}

func (r *batchReader) accepted(rec *record) {
	rec.place = r.place()
	rec.bound = rec.place.ordinal + 1 + r.ordinal("ahead")
	rec.at = r.time("time")
	flags := r.byte("flags")
	if flags >= flagReceipt<<1 {
		r.fail("flags", "unknown flag")
	}
	rec.account = r.string("account", maxAccount)
	rec.messageID = r.string("message_id", maxMessageID)
	rec.from = r.address("from", flags&flagFrom != 0, rec.place.conv.Sender)
	rec.to = r.address("to", flags&flagTo != 0, rec.place.conv.Receiver)
	if rec.hasReference = flags&flagReference != 0; rec.hasReference {
		rec.reference = r.uint16("user_message_reference")
	}
	rec.wantsReceipt = flags&flagReceipt != 0
	rec.part.Wide = flags&flagWide != 0
	if flags&flagPart != 0 {
		rec.part.Ref = r.uint16("part reference")
		rec.part.Total, rec.part.Seq = r.byte("part total"), r.byte("part seq")
		if rec.part.Total < 2 {
			r.fail("part total", "under 2")
		}
	}
}
