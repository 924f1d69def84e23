// Package numbering decides whether and how a message carries a number, and writes it: the
// interceptor, the ways to carry a number, and segmentation where there is no room for one.
package numbering

import (
	"time"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// Ledger gives the numbers.
type Ledger interface {
	// Assign gives s a number. After nil, Accept or Refuse must follow.
	Assign(s *ledger.Sent) error
	// Concatenate returns how a part by sar_* parameters goes on: as wish says, if it comes first.
	Concatenate(s *ledger.Sent, wish ledger.Concatenation) ledger.Concatenation
	// Follow notes a part without a number, and reports whether Accept or Refuse must follow.
	Follow(s *ledger.Sent) bool
	// Refuse gives back what Assign or Follow noted.
	Refuse(s *ledger.Sent)
}

// Interceptor is the one place where a message changes: it decides whether a
// submit_sm is tracked, gets its number, and puts that in.
type Interceptor struct {
	Form   Form
	Ledger Ledger
}

// Scratch is the memory that one goroutine lends to Submit.
type Scratch struct {
	// Waiting, if not nil, is called when Submit is about to wait for the ledger.
	Waiting func()

	septets, text, userData, frame []byte
	element                        [udh.NumberLen + udh.ProofLen]byte
	tracked                        tracked
	sent                           ledger.Sent
	form                           message.Form // of the message that was written last

	// Assigned is the message for which the ledger still expects Accept or Refuse from this
	// goroutine; nil if there is none. Who hands the message on sets it to nil.
	Assigned *ledger.Sent
}

// Parsed returns the view of the frame that Submit was called with last; false if Submit did not need one, or
// ParseMessage fails for it.
func (b *Scratch) Parsed() (m smpp.Message, ok bool) {
	return b.tracked.m, b.tracked.m.Frame != nil
}

// Submit returns what goes on in place of f, what the ledger is to be told the fate of,
// and why the message has no number, if it has none: then it is f itself, but for a part
// by sar_* parameters of a message that has them in its headers. What it returns is
// valid until the scratch is used again.
func (i *Interceptor) Submit(b *Scratch, account string, p Policy, f smpp.Frame) (smpp.Frame, *ledger.Sent, Skip) {
	b.tracked.m = smpp.Message{}
	if p.When == Off && !mayHaveSAR(f) {
		return f, nil, NotRequested
	}
	t, skip := i.examine(b, p, f)
	if skip != Numbered && !t.sar && !t.follows(skip, p) {
		return f, nil, skip
	}
	s := &b.sent
	if err := t.describe(s, account); err != nil {
		if skip == Numbered {
			skip = Malformed
		}
		return f, nil, skip
	}
	if t.sar {
		skip = i.settleSAR(p, t, s, skip)
	}
	if skip != Numbered {
		return i.follow(b, p, t, s, skip)
	}
	s.Waiting = b.Waiting
	if i.Ledger.Assign(s) != nil {
		return i.convert(b, t), nil, LedgerDown
	}
	b.Assigned = s
	out, skip := i.number(b, p, t, s)
	if skip != Numbered {
		b.Assigned = nil
		i.Ledger.Refuse(s) // the number is lost, the message is not
		return i.convert(b, t), nil, skip
	}
	s.Form, s.Carriage = b.form, message.CarriageText
	if t.byElement {
		s.Carriage = message.CarriageUDH
	}
	return out, s, Numbered
}

// follow lets a message go on without a number. If it is a part, another part may have room for it.
func (i *Interceptor) follow(b *Scratch, p Policy, t *tracked, s *ledger.Sent, skip Skip) (smpp.Frame, *ledger.Sent, Skip) {
	b.form = message.Form{}
	out := i.convert(b, t)
	s.Form = b.form
	switch {
	case !t.follows(skip, p):
		return out, nil, skip
	case i.Ledger.Follow(s):
		b.Assigned, s.Carriage = s, message.CarriageElsewhere
		return out, s, skip
	case t.kept || p.Overflow == RejectNoRoom:
		skip = LedgerDown // it has room, and could have gone
	}
	return out, nil, skip
}

// tracked is a message that is to be numbered: what examine learned of it.
type tracked struct {
	m         smpp.Message
	coding    udh.Coding
	packed    bool       // the text is packed in the frame
	header    udh.Header // the sender's own; nil if there is none
	text      []byte     // behind the header, unpacked
	part      udh.Part   // zero for a message of its own
	sar       bool       // the part is told by sar_* parameters
	converts  bool       // these go into the header, as concat
	concat    udh.Part
	kept      bool // it has room for the element behind concat, but others keep their sar_* parameters
	unread    bool // the text is packed, and cannot be unpacked
	byElement bool
	tlvs      tlvs
}

func (t *tracked) isPart() bool { return t.part.Total > 1 }

// follows reports whether a message without a number is to be noted all the same, as a part of one
// that may get a number by another part.
func (t *tracked) follows(skip Skip, p Policy) bool {
	return t.isPart() && skip == NoRoom && (p.Overflow != RejectNoRoom || t.kept || t.waitsForLast(p))
}

// waitsForLast reports whether the part goes without the marker since another is the last.
func (t *tracked) waitsForLast(p Policy) bool {
	return p.Carriage == ByMarker && t.part.Seq != t.part.Total
}

// examine decides whether and how f can carry a number, before one is taken. How a part by sar_*
// parameters can is for settleSAR to decide, whatever examine says. What it returns is part of the
// scratch.
func (i *Interceptor) examine(b *Scratch, p Policy, f smpp.Frame) (*tracked, Skip) {
	t := &b.tracked
	*t = tracked{}
	if t.m.Parse(f) != nil {
		t.m = smpp.Message{}
		if p.When == Off {
			return t, NotRequested
		}
		return t, Malformed
	}
	t.tlvs = readTLVs(&t.m)
	t.coding = udh.CodingOf(t.m.DataCoding(), i.Form.Default)
	t.packed = t.coding == udh.GSM7 && i.Form.Packed
	t.part, t.sar = t.tlvs.part(t.m.HasUDH() || t.m.HasStrayOctets())
	skip := t.reason(p)
	if skip != Numbered && !t.sar {
		return t, skip
	}
	if userData := t.readUserData(b); skip == Numbered {
		skip = userData
	}
	if skip != Numbered || t.sar {
		return t, skip
	}
	if _, taken := t.header.Find(i.Form.IEI); taken {
		return t, Taken // whoever looks for our number would find this one
	}
	return t, i.chooseCarriage(p.Carriage, t)
}

// reason is why the message gets no number, whatever its text is.
func (t *tracked) reason(p Policy) Skip {
	m := &t.m
	switch {
	case p.When == Off, p.When == Requested && m.RegisteredDelivery()&smpp.RegisteredReadAck == 0:
		return NotRequested
	case m.HasStrayOctets():
		return Malformed // the TLVs cannot be told from them
	case len(m.From.Addr) == 0:
		return NoSender
	case m.ESMClass()&smpp.ESMClassType != 0:
		return Ack
	case m.ReplaceIfPresent() != 0:
		return Replace
	case m.DefaultMessageID() != 0:
		return Bypass
	case isNoMessage(m, &t.tlvs):
		return NotAMessage
	case t.coding == udh.Binary, t.tlvs.ports, m.ProtocolID() >= firstSIMProtocol && m.ProtocolID() <= lastSIMProtocol:
		return Binary
	}
	return Numbered
}

// TP-PID values of ANSI-136 R-DATA, ME and SIM data download (TS 23.040 §9.2.3.9).
const firstSIMProtocol, lastSIMProtocol = 0x7C, 0x7F

// readUserData splits the user data and looks at its header.
func (t *tracked) readUserData(b *Scratch) Skip {
	t.text = t.m.UserData()
	if t.m.HasUDH() {
		h, err := udh.ParseHeader(t.text)
		if err != nil || t.tlvs.sar {
			return Malformed // a header and sar_* exclude each other
		}
		if h.HasPorts() || h.HasSIMToolkit() {
			return Binary
		}
		t.header, t.text = h, t.text[h.Len():]
		t.part, _ = h.Concat()
	}
	if t.packed {
		var ok bool
		if b.septets, ok = udh.Unpack(b.septets[:0], t.text, t.header.Len()); !ok {
			t.unread = true
			return Malformed
		}
		t.text = b.septets
	}
	if _, ok := udh.TextLen(t.coding, t.text); !ok || t.tlvs.sar && !t.sar {
		return Malformed
	}
	return Numbered
}

// describe fills in what the ledger is told of the message.
func (t *tracked) describe(s *ledger.Sent, account string) error {
	*s = ledger.Sent{
		Account: account, At: time.Now(), Part: message.Part(t.part),
		Reference: t.tlvs.reference, HasReference: t.tlvs.hasReference,
		WantsReceipt: t.m.RegisteredDelivery()&smpp.RegisteredAnyOutcome != 0, // or 03, success only (SMPP 5.0 §4.7.21)
		From:         message.Address{TON: t.m.From.TON, NPI: t.m.From.NPI},
		To:           message.Address{TON: t.m.To.TON, NPI: t.m.To.NPI},
	}
	s.Until = t.until(s.At)
	var errs [4]error
	s.From.Addr, errs[0] = message.NewAddr(t.m.From.Addr)
	s.To.Addr, errs[1] = message.NewAddr(t.m.To.Addr)
	s.Conversation.Sender, errs[2] = message.NormalAddr(t.m.From.Addr)
	s.Conversation.Receiver, errs[3] = message.NormalAddr(t.m.To.Addr)
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// number writes the message with its number into the scratch.
func (i *Interceptor) number(b *Scratch, p Policy, t *tracked, s *ledger.Sent) (smpp.Frame, Skip) {
	var part *udh.Part
	if t.converts {
		part = &t.concat
	}
	out, skip := i.write(b, b.frame[:0], t, written{
		part: part, text: t.text, element: t.byElement, marker: !t.byElement, sent: s,
		registered: p.registered(t.m),
	})
	if skip == Numbered {
		b.frame = out
	}
	return out, skip
}
