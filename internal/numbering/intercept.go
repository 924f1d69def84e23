// Package numbering decides whether and how a message carries a number, and writes it: the
// interceptor, the ways to carry a number, and segmentation where there is no room for one.
package numbering

import (
	"errors"
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

	// Assigned is the message for which the ledger still expects Accept or Refuse from this
	// goroutine; nil if there is none. Who hands the message on sets it to nil.
	Assigned *ledger.Sent
}

// Submit returns what goes on in place of f, what the ledger is to be told the fate of,
// and why the message has no number, if it has none: then it is f itself, but for a part
// of a message with sar_* parameters, which has them in its header. What it returns is
// valid until the scratch is used again.
func (i *Interceptor) Submit(b *Scratch, account string, p Policy, f smpp.Frame) (smpp.Frame, *ledger.Sent, Skip) {
	t, skip := i.examine(b, p, f)
	if skip != Numbered && !t.goesAlong(skip, p) {
		return f, nil, skip
	}
	s := &b.sent
	if err := t.describe(s, account); err != nil {
		return f, nil, Malformed
	}
	s.Converts = t.sar
	if skip != Numbered {
		return i.follow(b, p, t, s, skip)
	}
	s.Waiting = b.Waiting
	switch err := i.Ledger.Assign(s); {
	case errors.Is(err, ledger.ErrAsIs):
		return i.follow(b, p, t, s, NoRoom)
	case err != nil && s.AsIs:
		return f, nil, LedgerDown
	case err != nil:
		return i.convert(b, t), nil, LedgerDown
	}
	b.Assigned = s
	out, skip := i.number(b, p, t, s)
	if skip != Numbered {
		b.Assigned = nil
		i.Ledger.Refuse(s) // the number is lost, the message is not
		return f, nil, skip
	}
	return out, s, Numbered
}

// follow lets a part go on without a number: another part may have room for it.
func (i *Interceptor) follow(b *Scratch, p Policy, t *tracked, s *ledger.Sent, skip Skip) (smpp.Frame, *ledger.Sent, Skip) {
	s.AsIs = t.sar && (skip != NoRoom || !t.fitsConverted())
	known := i.Ledger.Follow(s)
	if known {
		b.Assigned = s
	}
	out := t.m.Frame
	if !s.AsIs {
		out = i.convert(b, t)
	}
	if known {
		return out, s, skip
	}
	if skip == NoRoom && p.Overflow == RejectNoRoom {
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
	sar       bool       // the part is told by sar_* parameters, and goes into the header
	byElement bool
	tlvs      tlvs
}

func (t *tracked) isPart() bool { return t.part.Total > 1 }

// goesAlong reports whether a message without a number is to be noted all the same, as a
// part of one that may get a number: by another part that has room, or never, if this
// one keeps its sar_* parameters, which all parts of a message must have or none.
func (t *tracked) goesAlong(skip Skip, p Policy) bool {
	switch {
	case !t.isPart() || skip == Malformed:
		return false
	case skip == NoRoom:
		return p.Overflow != RejectNoRoom || t.waitsForLast(p)
	}
	return t.sar
}

// waitsForLast reports whether the part goes without the marker since another is the last.
func (t *tracked) waitsForLast(p Policy) bool {
	return p.Carriage == ByMarker && t.part.Seq != t.part.Total
}

// examine decides whether and how f can carry a number, before one is taken. What it
// returns is part of the scratch.
func (i *Interceptor) examine(b *Scratch, p Policy, f smpp.Frame) (*tracked, Skip) {
	t := &b.tracked
	*t = tracked{}
	if p.When == Off {
		return t, NotRequested
	}
	m, err := smpp.ParseMessage(f)
	if err != nil {
		return t, Malformed
	}
	*t = tracked{m: m, coding: udh.CodingOf(m.DataCoding(), i.Form.Default), tlvs: readTLVs(m)}
	t.packed = t.coding == udh.GSM7 && i.Form.Packed
	t.part, t.sar = t.tlvs.part(m.HasUDH())
	switch {
	case p.When == Requested && m.RegisteredDelivery()&smpp.RegisteredReadAck == 0:
		return t, NotRequested
	case m.HasStrayOctets():
		return t, Malformed // the TLVs cannot be told from them
	case len(m.From.Addr) == 0:
		return t, NoSender
	case m.ESMClass()&smpp.ESMClassType != 0:
		return t, Ack
	case m.ReplaceIfPresent() != 0:
		return t, Replace
	case m.DefaultMessageID() != 0:
		return t, Bypass
	case isNoMessage(m, &t.tlvs):
		return t, NotAMessage
	case t.coding == udh.Binary, t.tlvs.ports, m.ProtocolID() >= firstSIMProtocol && m.ProtocolID() <= lastSIMProtocol:
		return t, Binary
	}
	if skip := t.readUserData(b); skip != Numbered {
		return t, skip
	}
	if _, taken := t.header.Find(i.Form.IEI); taken {
		return t, Taken // whoever looks for our number would find this one
	}
	return t, i.chooseCarriage(p.Carriage, t)
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
	if t.sar {
		part = &t.part
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
