package index

import (
	"encoding/binary"
	"fmt"

	"readback/relay/journal"
	"readback/relay/message"
)

// Entry is what the index tells of a message. The slices of one that was read are
// parts of the value it was read from.
type Entry struct {
	Ordinal      uint64
	Account      []byte
	From, To     message.Address
	At           int64 // submission, ms
	Reference    uint16
	HasReference bool
	WantsReceipt bool // from the SMSC, of the delivery
	State        message.State
	DeliveredAt  int64 // ms; 0: not
	ReadAt       int64 // by the receiver's clock
	ReceivedAt   int64 // when the read response came in
	ReadID       uint64
	NotReadAt    int64 // when the receiver last said that it is not; 0: never
	ReportedAt   int64 // when the ESME has acknowledged the feedback; 0: not
	FailedAt     int64 // when the receipt came that says so; 0: it has not failed, or that is not known
	Trail        message.Trail
	Way          []byte          // by which the read response came in; empty: it is not known
	ToldTo       message.Session // that has acknowledged the feedback; 0: it is not known
	Total        uint8           // parts; 0: a message of its own
	Parts        []EntryPart
}

// EntryPart is a part that the SMSC took.
type EntryPart struct {
	Seq   uint8
	State message.State
	ID    []byte // message_id
}

// flags of an entry
const (
	entryReference = 0x01
	entryReceipt   = 0x02
	entryTrail     = 0x04 // what follows the others, in this order; up to version 7 nothing does
	entryWay       = 0x08
	entryToldTo    = 0x10
	entryFailed    = 0x20
	entryNotRead   = 0x40
	entryReported  = 0x80
)

func appendEntry(dst []byte, e *Entry) []byte {
	dst = binary.AppendUvarint(dst, e.Ordinal)
	dst = journal.AppendString(dst, e.Account)
	dst = journal.AppendAddress(dst, &e.From, true)
	dst = journal.AppendAddress(dst, &e.To, true)
	dst = binary.AppendUvarint(dst, uint64(e.At))
	dst = append(dst, byte(e.State), e.flags())
	if e.HasReference {
		dst = binary.AppendUvarint(dst, uint64(e.Reference))
	}
	dst = binary.AppendUvarint(dst, uint64(e.DeliveredAt))
	dst = binary.AppendUvarint(dst, uint64(e.ReadAt))
	if e.ReadAt != 0 {
		dst = binary.AppendUvarint(dst, uint64(e.ReceivedAt))
		dst = binary.BigEndian.AppendUint64(dst, e.ReadID)
	}
	dst = append(dst, e.Total, byte(len(e.Parts)))
	for _, p := range e.Parts {
		dst = append(dst, p.Seq, byte(p.State))
		dst = journal.AppendString(dst, p.ID)
	}
	for _, at := range []int64{e.NotReadAt, e.ReportedAt} {
		if at != 0 {
			dst = binary.AppendUvarint(dst, uint64(at))
		}
	}
	return e.appendTrail(dst)
}

// appendTrail appends how the message and what became of it went their ways, as far as that is known.
func (e *Entry) appendTrail(dst []byte) []byte {
	if e.Trail != (message.Trail{}) {
		dst = journal.AppendTrail(dst, &e.Trail)
	}
	if len(e.Way) > 0 {
		dst = journal.AppendString(dst, e.Way)
	}
	if e.ToldTo != 0 {
		dst = binary.AppendUvarint(dst, uint64(e.ToldTo))
	}
	if e.FailedAt != 0 {
		dst = binary.AppendUvarint(dst, uint64(e.FailedAt))
	}
	return dst
}

// parseTrail is the way back from appendTrail.
func (e *Entry) parseTrail(d *journal.Decoder, flags byte) {
	if flags&entryTrail != 0 {
		e.Trail = d.Trail("trail")
	}
	if flags&entryWay != 0 {
		e.Way = d.String("way", journal.MaxWay)
	}
	if flags&entryToldTo != 0 {
		e.ToldTo = d.Session("told to")
	}
	if flags&entryFailed != 0 {
		e.FailedAt = d.Time("time of the failure")
	}
}

func (e *Entry) flags() byte {
	return flagIf(e.HasReference, entryReference) | flagIf(e.WantsReceipt, entryReceipt) |
		flagIf(e.Trail != (message.Trail{}), entryTrail) | flagIf(len(e.Way) > 0, entryWay) |
		flagIf(e.ToldTo != 0, entryToldTo) | flagIf(e.FailedAt != 0, entryFailed) |
		flagIf(e.NotReadAt != 0, entryNotRead) | flagIf(e.ReportedAt != 0, entryReported)
}

// flagIf returns a flag, or 0.
func flagIf(is bool, flag byte) byte {
	if is {
		return flag
	}
	return 0
}

func parseEntry(value []byte) (Entry, error) {
	d := journal.Decoder{B: value}
	e := Entry{
		Ordinal: d.Ordinal("ordinal"),
		Account: d.String("account", journal.MaxAccount),
		From:    d.Address("from", true, message.Addr{}),
		To:      d.Address("to", true, message.Addr{}),
		At:      d.Time("time"),
		State:   d.State("state"),
	}
	flags := d.Byte("flags")
	e.WantsReceipt = flags&entryReceipt != 0
	if e.HasReference = flags&entryReference != 0; e.HasReference {
		e.Reference = d.Uint16("user_message_reference")
	}
	e.DeliveredAt, e.ReadAt = d.Time("delivery time"), d.Time("read time")
	if e.ReadAt != 0 {
		e.ReceivedAt, e.ReadID = d.Time("time"), d.Uint64("id")
	}
	e.Total = d.Byte("total")
	n := int(d.Byte("parts"))
	for i := 0; i < n && d.Err == nil; i++ {
		p := EntryPart{Seq: d.Byte("part seq"), State: d.State("part state")}
		p.ID = d.String("message_id", journal.MaxMessageID)
		e.Parts = append(e.Parts, p)
	}
	if flags&entryNotRead != 0 {
		e.NotReadAt = d.Time("time of not being read")
	}
	if flags&entryReported != 0 {
		e.ReportedAt = d.Time("report time")
	}
	e.parseTrail(&d, flags)
	if d.Err == nil && d.Off != len(value) {
		d.Fail("end", "more octets follow")
	}
	return e, d.Err
}

// part returns the part with this seq, which is added if it is new.
func (e *Entry) part(seq uint8) *EntryPart {
	for i := range e.Parts {
		if e.Parts[i].Seq == seq {
			return &e.Parts[i]
		}
	}
	i := len(e.Parts)
	for i > 0 && e.Parts[i-1].Seq > seq {
		i--
	}
	e.Parts = append(e.Parts, EntryPart{})
	copy(e.Parts[i+1:], e.Parts[i:])
	e.Parts[i] = EntryPart{Seq: seq}
	return &e.Parts[i]
}

// receipt notes what became of a part, and moves the message: it has failed when one
// part has, and is delivered when all parts are.
func (e *Entry) receipt(seq uint8, to message.State, at int64) {
	p := e.part(seq)
	p.State = p.State.Forward(to)
	state := p.State
	delivered := 0
	for _, p := range e.Parts {
		if p.State == message.StateDelivered {
			delivered++
		}
		if p.State == message.StateFailed || p.State == message.StateExpired {
			state = p.State
		}
	}
	if state == message.StateDelivered && delivered < int(e.Total) {
		return
	}
	if e.State.Rank() < state.Rank() {
		switch state {
		case message.StateDelivered:
			e.DeliveredAt = at
		case message.StateFailed, message.StateExpired:
			e.FailedAt = at
		}
	}
	e.State = e.State.Forward(state)
}

// AwaitsReceipt reports whether the ESME has not answered yet a receipt that it wants: of each
// part, if it is in parts.
func (e *Entry) AwaitsReceipt() bool {
	if !e.WantsReceipt {
		return false
	}
	passed := 0
	for _, p := range e.Parts {
		if p.State != message.StateSent {
			passed++
		}
	}
	return passed < max(1, int(e.Total))
}

// entryKey is 'e' · day(2 octets) · receiver · sender · number(2 octets): days expire as
// ranges, and what one receiver got in a day stands together.
func entryKey(dst []byte, p *journal.Place) []byte {
	return appendInReceiver(receiverPrefix(dst, p.Day, &p.Conv.Receiver), p)
}

// appendInReceiver appends the rest of the key of an entry to what receiverPrefix returns.
func appendInReceiver(dst []byte, p *journal.Place) []byte {
	return binary.BigEndian.AppendUint16(journal.AppendString(dst, p.Conv.Sender.Bytes()), p.Number)
}

// parseEntryKey is the way back from entryKey.
func parseEntryKey(key []byte) (journal.Place, error) {
	d := journal.Decoder{B: key}
	if d.Byte("prefix") != prefixEntry || len(key) < 7 {
		return journal.Place{}, fmt.Errorf("key %x is not of an entry", key)
	}
	p := journal.Place{Day: binary.BigEndian.Uint16(key[1:])}
	d.Off = 3
	p.Conv.Receiver, p.Conv.Sender = d.Addr("receiver"), d.Addr("sender")
	if d.Err == nil && len(key)-d.Off != 2 {
		d.Fail("number", "not of 2 octets")
	}
	if d.Err == nil {
		p.Number = binary.BigEndian.Uint16(key[d.Off:])
	}
	return p, d.Err
}

// isNewerEntry reports whether a is of a later message than b, or knows more of the same one.
func isNewerEntry(a, b []byte) bool {
	ea, errA := parseEntry(a)
	eb, errB := parseEntry(b)
	switch {
	case errA != nil || errB != nil:
		return errA == nil
	case ea.Ordinal != eb.Ordinal:
		return ea.Ordinal > eb.Ordinal
	}
	return ea.State.Rank() > eb.State.Rank()
}
