package receipt

import "readback/smpp"

// Part is what a final receipt says of one part of a message, or of the whole message.
type Part struct {
	State   State
	ID      string // as the receipt has it
	Err     string // of the text
	Network string // network_error_code
	Text    string // behind text: in the text; UCS2 has a byte order mark in front
}

// Part returns what the receipt of the whole message may need of this one.
func (r *Receipt) Part() Part {
	b := r.body()
	return Part{
		State: r.State, ID: string(r.ID), Err: string(b.value(fieldErr)), Network: string(r.Network), Text: b.rawText(),
	}
}

// Merge is what is known of the receipts of all parts of a message. It is a pure value: the
// same receipts in the same order come to the same.
type Merge struct {
	Wanted  byte   // registered_delivery of the message
	Closing uint8  // the part whose receipt was the last; 0: some are missing
	States  []byte // message_state by part; 0: no receipt yet
	Worst   Part
	ID      string // of the first part's receipt
	Text    string // of the first part's receipt
}

// Note adds the receipt of part seq, counted from 1. When the receipts of all parts have
// come, it returns what they come to: the worst one, with ID and Text of the first part. It
// returns nil while some are missing, and for a receipt that repeats an earlier one, unless
// it repeats the last one.
//
// A part in state ACCEPTED or UNKNOWN may get another receipt with a better or a worse state. Note
// returns what the parts come to then, if that has changed. For other states the first receipt counts.
func (m *Merge) Note(seq uint8, r Part) *Part {
	if seq == 0 || int(seq) > len(m.States) || !r.State.IsFinal() {
		return nil
	}
	if state := &m.States[seq-1]; State(*state).yieldsTo(r.State) {
		before := m.Worst.State
		*state = byte(r.State)
		m.updateWorst(r)
		if seq == 1 {
			m.ID, m.Text = r.ID, r.Text
		}
		if m.isComplete() && (m.Closing == 0 || m.Worst.State != before) {
			m.Closing = seq
		}
	}
	if m.Closing != seq {
		return nil
	}
	whole := m.Worst
	whole.ID, whole.Text = m.ID, m.Text
	return &whole
}

// IsWanted reports whether the ESME gets a receipt of state s. A message that asks for no
// receipt gets every one: the SMSC sends it unasked.
func (m *Merge) IsWanted(s State) bool {
	return m.Wanted&smpp.RegisteredReceipt == 0 || Wanted(m.Wanted, s)
}

// updateWorst sets m.Worst to the receipt with the most severe state of all parts. The
// caller must have stored the state of r in m.States.
func (m *Merge) updateWorst(r Part) {
	var worst State
	for _, s := range m.States {
		if State(s).severity() > worst.severity() {
			worst = State(s)
		}
	}
	switch {
	case r.State == worst:
		m.Worst = r
	case m.Worst.State != worst: // a part that was ACCEPTED or UNKNOWN turned out to be better
		m.Worst = Part{State: worst}
	}
}

// IsWorse reports whether s counts in a message in parts, of which another part has the final state t.
func (s State) IsWorse(t State) bool { return s.severity() > t.severity() }

func (m *Merge) isComplete() bool {
	for _, s := range m.States {
		if s == 0 {
			return false
		}
	}
	return true
}
