package relay

import (
	"readback/relay/journal"
	"readback/relay/message"
)

// Values of message_state (SMPP 3.4 §5.2.28) that a final receipt has.
const (
	messageDelivered     = 2
	messageExpired       = 3
	messageDeleted       = 4
	messageUndeliverable = 5
	messageUnknown       = 7
	messageRejected      = 8
)

// severities order the states of parts: the worst of them is that of the message.
var severities = map[byte]int{
	messageDelivered: 1, messageUnknown: 2, messageExpired: 3,
	messageDeleted: 4, messageUndeliverable: 5, messageRejected: 6,
}

// IsFinal tells whether a message_state is one after which nothing is to come.
func IsFinal(state byte) bool { return severities[state] > 0 }

// cutState is what the index has of the receipts of a message, by the key of its first
// part.
type cutState struct {
	wanted  byte
	closing uint8  // the part whose receipt was the last; 0: some are missing
	states  []byte // message_state by part; 0: no receipt yet
	worst   message.PartReceipt
	id      string // message_id in the first part's
	text    string // of the first part's
}

// note takes in the receipt of a part, and returns what all of them come to: nil while
// there are others to come, and for a repetition of an earlier one.
func (c *cutState) note(seq uint8, r *message.PartReceipt) *Merged {
	if seq == 0 || int(seq) > len(c.states) || !IsFinal(r.State) {
		return nil
	}
	state := &c.states[seq-1]
	if *state == 0 || *state == messageUnknown && r.State != messageUnknown {
		*state, c.closing = r.State, 0
		c.judge(r)
		if seq == 1 {
			c.id, c.text = r.ID, r.Text
		}
		if c.isComplete() {
			c.closing = seq
		}
	}
	if c.closing != seq {
		return nil
	}
	m := &Merged{PartReceipt: c.worst}
	m.ID, m.Text = c.id, c.text
	failed := m.State != messageDelivered
	switch c.wanted & registeredReceipt {
	case receiptOnFailure:
		m.Wanted = failed
	case receiptOnSuccess:
		m.Wanted = !failed
	default:
		m.Wanted = true // it was asked for, or the SMSC sends it unasked
	}
	return m
}

// Values of registered_delivery, which receipt is asked for (SMPP 3.4 §5.2.17; the last
// one SMPP 5.0 §4.7.21).
const (
	registeredReceipt = 0x03
	receiptOnFailure  = 0x02
	receiptOnSuccess  = 0x03
)

// judge keeps the worst receipt, when r has just been noted.
func (c *cutState) judge(r *message.PartReceipt) {
	var worst byte
	for _, s := range c.states {
		if severities[s] > severities[worst] {
			worst = s
		}
	}
	switch {
	case r.State == worst:
		c.worst = *r
	case c.worst.State != worst: // what was unknown turned out to be better
		c.worst = message.PartReceipt{State: worst}
	}
}

func (c *cutState) isComplete() bool {
	for _, s := range c.states {
		if s == 0 {
			return false
		}
	}
	return true
}

// cutKey is 'c' · day(2 octets) · key of the first part: days expire as ranges.
func cutKey(dst []byte, day uint16, first []byte) []byte {
	return append(dayPrefix(dst, prefixCut, day), first...)
}

func appendCutState(dst []byte, c *cutState) []byte {
	dst = append(dst, c.wanted, c.closing)
	dst = journal.AppendString(dst, c.states)
	dst = append(dst, c.worst.State)
	for _, s := range []string{c.worst.Err, c.worst.Network, c.id, c.text} {
		dst = journal.AppendString(dst, s)
	}
	return dst
}

func parseCutState(value []byte) (cutState, error) {
	d := journal.Decoder{B: value}
	c := cutState{wanted: d.Byte("registered_delivery"), closing: d.Byte("closing part")}
	c.states = d.String("states", journal.MaxMessageID)
	c.worst.State = d.Byte("message_state")
	c.worst.Err, c.worst.Network = string(d.String("err", message.MaxNote)), string(d.String("network_error_code", message.MaxNote))
	c.id, c.text = string(d.String("message_id", message.MaxNote)), string(d.String("text", message.MaxNote))
	return c, d.Err
}

// cut brings in a part; the first one begins the message.
func (a *applier) cut(rec *journal.Record) error {
	if rec.Place.Day < a.expired {
		return nil
	}
	a.key = partKey(a.key[:0], rec.Place.Day, &rec.Place.Conv.Receiver, rec.Cut.Key)
	a.val = appendPart(a.val[:0], &journal.CutPart{Seq: rec.PartSeq, First: string(rec.Cut.First)})
	if err := a.b.Set(a.key, a.val, nil); err != nil || rec.PartSeq > 1 {
		return err
	}
	return a.putCut(rec, &cutState{wanted: rec.Cut.Wanted, states: make([]byte, rec.Part.Total)})
}

func (a *applier) putCut(rec *journal.Record, c *cutState) error {
	a.key = cutKey(a.key[:0], rec.Place.Day, rec.Cut.First)
	a.val = appendCutState(a.val[:0], c)
	return a.b.Set(a.key, a.val, nil)
}

// merge brings in the receipt of a part, and notes what the receipts of all parts come to.
func (a *applier) merge(rec *journal.Record) error {
	m, err := a.partReceipt(rec)
	a.came(outcomeNoted, m)
	return err
}

func (a *applier) partReceipt(rec *journal.Record) (*Merged, error) {
	a.key = cutKey(a.key[:0], rec.Place.Day, rec.Cut.First)
	value, err := copyOf(a.b.Get(a.key))
	if err != nil || value == nil {
		return nil, err
	}
	c, err := parseCutState(value)
	if err != nil {
		return nil, err
	}
	m := c.note(rec.PartSeq, &rec.Notes)
	return m, a.putCut(rec, &c)
}
