package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"readback/relay"
	"readback/smpp"
	"readback/udh"
)

// Ledger gives the numbers and learns what became of them.
type Ledger interface {
	Assign(s *relay.Sent) error
	Accept(s *relay.Sent, messageID []byte, w relay.Waiter, token uint64)
	Refuse(s *relay.Sent)
	Receipt(c relay.Conversation, messageID []byte, state relay.State)

	// Of shared mode: which account a message_id belongs to.
	Route(account string, id []byte, w relay.Waiter, token uint64)
	Routed(id []byte) (account string, ok bool)
	AwaitRoute(ctx context.Context, id []byte) (account string, ok bool)
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

	userData, frame []byte
	sent            relay.Sent
}

// Submit returns f with its number and what the ledger knows it by; or f itself
// and why it has none. What it returns is valid until the scratch is used again.
func (i *Interceptor) Submit(b *Scratch, account string, p Policy, f smpp.Frame) (smpp.Frame, *relay.Sent, Skip) {
	t, skip := i.examine(p, f)
	if skip != Numbered {
		return f, nil, skip
	}
	s := &b.sent
	if err := t.describe(s, account); err != nil {
		return f, nil, Malformed
	}
	s.Waiting = b.Waiting
	if err := i.Ledger.Assign(s); err != nil {
		return f, nil, LedgerDown
	}
	out, skip := i.number(b, p, &t, s.Number)
	if skip != Numbered {
		i.Ledger.Refuse(s) // the number is lost, the message is not
		return f, nil, skip
	}
	return out, s, Numbered
}

// tracked is a message that is to be numbered: what examine learned of it.
type tracked struct {
	m         smpp.Message
	coding    udh.Coding
	header    udh.Header // nil if there is none
	text      []byte
	part      udh.Part
	byElement bool
	tlvs      tlvs
}

// examine decides whether and how f can carry a number, before one is taken.
func (i *Interceptor) examine(p Policy, f smpp.Frame) (tracked, Skip) {
	if p.When == Off {
		return tracked{}, NotRequested
	}
	m, err := smpp.ParseMessage(f)
	if err != nil {
		return tracked{}, Malformed
	}
	t := tracked{m: m, coding: udh.CodingOf(m.DataCoding(), i.Form.Default), tlvs: readTLVs(m)}
	switch {
	case p.When == Requested && m.RegisteredDelivery()&smpp.RegisteredReadAck == 0:
		return t, NotRequested
	case m.ESMClass()&smpp.ESMClassType != 0:
		return t, Ack
	case m.ReplaceIfPresent() != 0:
		return t, Replace
	case m.DefaultMessageID() != 0:
		return t, Bypass
	case t.coding == udh.Binary, t.tlvs.ports, m.ProtocolID() >= firstSIMProtocol && m.ProtocolID() <= lastSIMProtocol:
		return t, Binary
	}
	if skip := t.readUserData(); skip != Numbered {
		return t, skip
	}
	if _, taken := t.header.Find(i.Form.IEI); taken {
		return t, Taken // whoever looks for our number would find this one
	}
	return t, i.chooseCarriage(p.Carriage, &t)
}

// TP-PID values of ANSI-136 R-DATA, ME and SIM data download (TS 23.040 §9.2.3.9).
const firstSIMProtocol, lastSIMProtocol = 0x7C, 0x7F

// readUserData splits the user data and looks at its header.
func (t *tracked) readUserData() Skip {
	t.text = t.m.UserData()
	if t.m.HasUDH() {
		h, err := udh.ParseHeader(t.text)
		if err != nil {
			return Malformed
		}
		if h.HasPorts() || h.HasSIMToolkit() {
			return Binary
		}
		t.header, t.text = h, t.text[h.Len():]
		t.part, _ = h.Concat()
	}
	if _, ok := udh.TextLen(t.coding, t.text); !ok {
		return Malformed
	}
	return Numbered
}

// chooseCarriage settles how the number travels, or why it cannot.
func (i *Interceptor) chooseCarriage(c Carriage, t *tracked) Skip {
	skip := NoRoom
	if c != ByMarker {
		if skip = i.elementFits(t); skip == Numbered {
			t.byElement = true
			return Numbered
		}
	}
	if c != ByElement {
		skip = i.markerFits(t)
	}
	return skip
}

// elementFits tells whether the element can go in. sar_* TLVs and a header
// exclude each other (SMPP 3.4 §5.3.2.22).
func (i *Interceptor) elementFits(t *tracked) Skip {
	if t.tlvs.sar || !udh.FitsElement(t.coding, t.header.Len(), t.text) {
		return NoRoom
	}
	return Numbered
}

// markerFits tells whether the marker can follow the text. Of a concatenated
// message only the last part ends the text.
func (i *Interceptor) markerFits(t *tracked) Skip {
	foreign := t.coding == udh.GSM7 && t.header.HasLockingShift() // where the symbol is another character
	if foreign || t.tlvs.sar || t.part.Seq != t.part.Total || !i.Form.Marker.Fits(t.coding, t.header.Len(), t.text) {
		return NoRoom
	}
	if _, taken := i.Form.Marker.Find(t.text, t.coding); taken {
		return Taken
	}
	return Numbered
}

// describe fills in what the ledger is told of the message.
func (t *tracked) describe(s *relay.Sent, account string) error {
	*s = relay.Sent{
		Account: account, At: time.Now(), Part: relay.Part(t.part),
		Reference: t.tlvs.reference, HasReference: t.tlvs.hasReference,
		From: relay.Address{TON: t.m.From.TON, NPI: t.m.From.NPI},
		To:   relay.Address{TON: t.m.To.TON, NPI: t.m.To.NPI},
	}
	var errs [4]error
	s.From.Addr, errs[0] = relay.NewAddr(t.m.From.Addr)
	s.To.Addr, errs[1] = relay.NewAddr(t.m.To.Addr)
	s.Conversation.Sender, errs[2] = relay.NormalAddr(t.m.From.Addr)
	s.Conversation.Receiver, errs[3] = relay.NormalAddr(t.m.To.Addr)
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// number writes the message with its number into the scratch.
func (i *Interceptor) number(b *Scratch, p Policy, t *tracked, n uint16) (smpp.Frame, Skip) {
	var err error
	ud, esmClass := t.m.UserData(), t.m.ESMClass()
	if t.byElement {
		b.userData, err = udh.Append(b.userData[:0], ud, t.header != nil, i.Form.IEI, n)
		esmClass |= smpp.ESMClassUDHI
	} else {
		b.userData = append(b.userData[:0], ud[:t.header.Len()]...)
		b.userData, err = i.Form.Marker.Append(b.userData, t.text, t.coding, n)
	}
	if err != nil {
		if errors.Is(err, udh.ErrHeader) {
			return nil, Malformed
		}
		return nil, NoRoom
	}
	registered := t.m.RegisteredDelivery()
	if !p.ForwardAckBits {
		registered &^= smpp.RegisteredAckMask
	}
	out, ok := t.m.AppendUserData(b.frame[:0], b.userData, esmClass, registered)
	if !ok {
		return nil, NoRoom
	}
	b.frame = out
	return out, Numbered
}

// tlvs is what the interceptor wants to know of the optional parameters.
type tlvs struct {
	reference    uint16 // user_message_reference (SMPP 3.4 §5.3.2.17)
	hasReference bool
	ports        bool // source_port or destination_port: for an application
	sar          bool // concatenated by sar_* parameters
}

func readTLVs(m smpp.Message) tlvs {
	var t tlvs
	r := m.TLVs()
	for tlv, ok := r.Next(); ok; tlv, ok = r.Next() {
		switch tlv.Tag {
		case smpp.TagUserMessageReference:
			if len(tlv.Value) == 2 {
				t.reference, t.hasReference = binary.BigEndian.Uint16(tlv.Value), true
			}
		case smpp.TagSourcePort, smpp.TagDestinationPort:
			t.ports = true
		case smpp.TagSarMsgRefNum, smpp.TagSarTotalSegments, smpp.TagSarSegmentSeqnum:
			t.sar = true
		}
	}
	return t
}
