package relay

import (
	"encoding/binary"
	"fmt"
	"math"

	"readback/relay/journal"
	"readback/relay/message"
)

// entry is what the index tells of a message. The slices of one that was read are
// parts of the value it was read from.
type entry struct {
	ordinal      uint64
	account      []byte
	from, to     message.Address
	at           int64 // submission, ms
	reference    uint16
	hasReference bool
	wantsReceipt bool // from the SMSC, of the delivery
	state        message.State
	deliveredAt  int64 // ms; 0: not
	readAt       int64 // by the receiver's clock
	receivedAt   int64 // when the read response came in
	readID       uint64
	notReadAt    int64 // when the receiver last said that it is not; 0: never
	reportedAt   int64 // when the ESME has acknowledged the feedback; 0: not
	total        uint8 // parts; 0: a message of its own
	parts        []entryPart
}

// entryPart is a part that the SMSC took.
type entryPart struct {
	seq   uint8
	state message.State
	id    []byte // message_id
}

// flags of an entry
const (
	entryReference = 0x01
	entryReceipt   = 0x02
	entryNotRead   = 0x40
	entryReported  = 0x80
)

func appendEntry(dst []byte, e *entry) []byte {
	dst = binary.AppendUvarint(dst, e.ordinal)
	dst = journal.AppendString(dst, e.account)
	dst = journal.AppendAddress(dst, &e.from, true)
	dst = journal.AppendAddress(dst, &e.to, true)
	dst = binary.AppendUvarint(dst, uint64(e.at))
	dst = append(dst, byte(e.state), e.flags())
	if e.hasReference {
		dst = binary.AppendUvarint(dst, uint64(e.reference))
	}
	dst = binary.AppendUvarint(dst, uint64(e.deliveredAt))
	dst = binary.AppendUvarint(dst, uint64(e.readAt))
	if e.readAt != 0 {
		dst = binary.AppendUvarint(dst, uint64(e.receivedAt))
		dst = binary.BigEndian.AppendUint64(dst, e.readID)
	}
	dst = append(dst, e.total, byte(len(e.parts)))
	for _, p := range e.parts {
		dst = append(dst, p.seq, byte(p.state))
		dst = journal.AppendString(dst, p.id)
	}
	for _, at := range []int64{e.notReadAt, e.reportedAt} {
		if at != 0 {
			dst = binary.AppendUvarint(dst, uint64(at))
		}
	}
	return dst
}

func (e *entry) flags() (flags byte) {
	if e.hasReference {
		flags |= entryReference
	}
	if e.wantsReceipt {
		flags |= entryReceipt
	}
	if e.notReadAt != 0 {
		flags |= entryNotRead
	}
	if e.reportedAt != 0 {
		flags |= entryReported
	}
	return flags
}

func parseEntry(value []byte) (entry, error) {
	d := journal.Decoder{B: value}
	e := entry{
		ordinal: d.Ordinal("ordinal"),
		account: d.String("account", journal.MaxAccount),
		from:    d.Address("from", true, message.Addr{}),
		to:      d.Address("to", true, message.Addr{}),
		at:      d.Time("time"),
		state:   d.State("state"),
	}
	flags := d.Byte("flags")
	e.wantsReceipt = flags&entryReceipt != 0
	if e.hasReference = flags&entryReference != 0; e.hasReference {
		e.reference = d.Uint16("user_message_reference")
	}
	e.deliveredAt, e.readAt = d.Time("delivery time"), d.Time("read time")
	if e.readAt != 0 {
		e.receivedAt, e.readID = d.Time("time"), d.Uint64("id")
	}
	e.total = d.Byte("total")
	n := int(d.Byte("parts"))
	for i := 0; i < n && d.Err == nil; i++ {
		p := entryPart{seq: d.Byte("part seq"), state: d.State("part state")}
		p.id = d.String("message_id", journal.MaxMessageID)
		e.parts = append(e.parts, p)
	}
	if flags&entryNotRead != 0 {
		e.notReadAt = d.Time("time of not being read")
	}
	if flags&entryReported != 0 {
		e.reportedAt = d.Time("report time")
	}
	if d.Err == nil && d.Off != len(value) {
		d.Fail("end", "more octets follow")
	}
	return e, d.Err
}

// part returns the part with this seq, which is added if it is new.
func (e *entry) part(seq uint8) *entryPart {
	for i := range e.parts {
		if e.parts[i].seq == seq {
			return &e.parts[i]
		}
	}
	i := len(e.parts)
	for i > 0 && e.parts[i-1].seq > seq {
		i--
	}
	e.parts = append(e.parts, entryPart{})
	copy(e.parts[i+1:], e.parts[i:])
	e.parts[i] = entryPart{seq: seq}
	return &e.parts[i]
}

// receipt notes what became of a part, and moves the message: it has failed when one
// part has, and is delivered when all parts are.
func (e *entry) receipt(seq uint8, to message.State, at int64) {
	p := e.part(seq)
	p.state = p.state.Forward(to)
	state := p.state
	delivered := 0
	for _, p := range e.parts {
		if p.state == message.StateDelivered {
			delivered++
		}
		if p.state == message.StateFailed || p.state == message.StateExpired {
			state = p.state
		}
	}
	if state == message.StateDelivered && delivered < int(e.total) {
		return
	}
	if e.state.Rank() < message.StateDelivered.Rank() && state == message.StateDelivered {
		e.deliveredAt = at
	}
	e.state = e.state.Forward(state)
}

// awaitsReceipt tells whether a receipt that the ESME wants has not passed yet: of each
// part, if it is in parts.
func (e *entry) awaitsReceipt() bool {
	if !e.wantsReceipt {
		return false
	}
	passed := 0
	for _, p := range e.parts {
		if p.state != message.StateSent {
			passed++
		}
	}
	return passed < max(1, int(e.total))
}

// entryKey is 'e' · day(2 octets) · receiver · sender · number(2 octets): days expire as
// ranges, and what one receiver got in a day stands together.
func entryKey(dst []byte, p *journal.Place) []byte {
	dst = conversationPrefix(dst, p.Day, &p.Conv)
	return binary.BigEndian.AppendUint16(dst, p.Number)
}

func dayPrefix(dst []byte, prefix byte, day uint16) []byte {
	return binary.BigEndian.AppendUint16(append(dst, prefix), day)
}

func receiverPrefix(dst []byte, day uint16, receiver *message.Addr) []byte {
	return journal.AppendString(dayPrefix(dst, prefixEntry, day), receiver.Bytes())
}

func conversationPrefix(dst []byte, day uint16, c *message.Conversation) []byte {
	return journal.AppendString(receiverPrefix(dst, day, &c.Receiver), c.Sender.Bytes())
}

func headKey(dst []byte, c *message.Conversation) []byte {
	dst = journal.AppendString(append(dst, prefixHead), c.Receiver.Bytes())
	return journal.AppendString(dst, c.Sender.Bytes())
}

// outboxKey is a prefix, of feedback or of events, and where their record stands in the log.
func outboxKey(dst []byte, prefix byte, seq, index uint64) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, prefix), seq)
	return binary.BigEndian.AppendUint32(dst, uint32(index))
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

// head values

func appendHeadValue(dst []byte, epoch, next uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, epoch), next)
}

func parseHeadValue(value []byte) (epoch, next uint64, err error) {
	d := journal.Decoder{B: value}
	epoch, next = d.Uvarint("epoch", math.MaxUint64), d.Ordinal("next")
	return epoch, next, d.Err
}
