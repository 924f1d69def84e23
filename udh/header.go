// Package udh reads and writes the user data of a short message: the user data header and its
// elements, the element and the marker that carry a message number, and the room that a
// message has for them (TS 23.040 §9.2.3.24). It knows no SMPP session.
package udh

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
)

// Identifiers of the information elements that are looked at (TS 23.040 §9.2.3.24).
const (
	concat8       = 0x00
	ports8        = 0x04
	ports16       = 0x05
	concat16      = 0x08
	singleShift   = 0x24
	lockingShift  = 0x25
	simToolkit    = 0x70 // the first of sixteen
	simToolkitEnd = 0x7F
)

// elementHeaderLen counts the octets of an element's identifier and length.
const elementHeaderLen = 2

// ErrHeader says that the user data header is malformed; the error itself is a
// *HeaderError that says where.
var ErrHeader = errors.New("malformed user data header")

// HeaderError says which field of a user data header is malformed.
type HeaderError struct {
	Field  string // "UDHL", "IEI" or "IEDL"
	Offset int    // of the field, from the first octet of the user data
}

func (e *HeaderError) Error() string {
	return fmt.Sprintf("%v: %s at octet %d", ErrHeader, e.Field, e.Offset)
}

// Unwrap makes errors.Is(err, ErrHeader) true.
func (e *HeaderError) Unwrap() error { return ErrHeader }

// Header is a whole, well-formed user data header with its length octet, as
// ParseHeader returns it: a view of the user data.
type Header []byte

// ParseHeader views the user data header that ud starts with. The elements must
// end exactly where UDHL says (TS 23.040 §9.2.3.24), and there must be one: the
// error is a *HeaderError otherwise.
func ParseHeader(ud []byte) (Header, error) {
	if len(ud) == 0 || ud[0] == 0 || len(ud) <= int(ud[0]) {
		return nil, &HeaderError{"UDHL", 0}
	}
	h := Header(ud[: 1+int(ud[0]) : 1+int(ud[0])])
	for at := 1; at < len(h); {
		if len(h)-at < elementHeaderLen {
			return nil, &HeaderError{"IEI", at}
		}
		next := at + elementHeaderLen + int(h[at+1])
		if next > len(h) {
			return nil, &HeaderError{"IEDL", at + 1}
		}
		at = next
	}
	return h, nil
}

// Len is the length of the header in octets with its length octet: UDHL+1.
func (h Header) Len() int { return len(h) }

// Element is one information element of a header.
type Element struct {
	ID   byte
	Data []byte // without identifier and length; as a result, part of the header
}

// Len is the length of the element in octets, identifier and length included.
func (e Element) Len() int { return elementHeaderLen + len(e.Data) }

// element returns the element at an offset below len(h).
func (h Header) element(at int) Element {
	return Element{h[at], h[at+elementHeaderLen : at+elementHeaderLen+int(h[at+1])]}
}

// Elements walks the elements in their order.
func (h Header) Elements() iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for at := 1; at < len(h); {
			e := h.element(at)
			if !yield(e) {
				return
			}
			at += e.Len()
		}
	}
}

// find returns the offset of the last element with identifier id, zero if there is none.
func (h Header) find(id byte) int {
	found := 0
	for at := 1; at < len(h); at += elementHeaderLen + int(h[at+1]) {
		if h[at] == id {
			found = at
		}
	}
	return found
}

// Find returns the last element with identifier id, which is the one that counts
// when it is repeated (TS 23.040 §9.2.3.24).
func (h Header) Find(id byte) (e Element, ok bool) {
	at := h.find(id)
	if at == 0 {
		return Element{}, false
	}
	return h.element(at), true
}

// Part says which part of a concatenated message this is (TS 23.040 §9.2.3.24.1, §9.2.3.24.8).
type Part struct {
	Ref        uint16 // the same in all parts
	Wide       bool   // the reference has 16 bits, not 8
	Total, Seq byte   // Seq counts from 1 to Total
}

// Concat returns the part of a concatenated message that the header tells of.
// The last valid element counts, whichever of the two kinds it is; one with a
// total or a sequence number of zero, or a sequence number over the total, is
// ignored.
func (h Header) Concat() (p Part, ok bool) {
	for at := 1; at < len(h); at += elementHeaderLen + int(h[at+1]) {
		e := h.element(at)
		var q Part
		switch {
		case e.ID == concat8 && len(e.Data) == 3:
			q = Part{uint16(e.Data[0]), false, e.Data[1], e.Data[2]}
		case e.ID == concat16 && len(e.Data) == 4:
			q = Part{binary.BigEndian.Uint16(e.Data), true, e.Data[2], e.Data[3]}
		}
		if q.Seq > 0 && q.Seq <= q.Total {
			p, ok = q, true
		}
	}
	return p, ok
}

// HasPorts reports whether the message is addressed to an application port.
func (h Header) HasPorts() bool { return h.find(ports8) > 0 || h.find(ports16) > 0 }

// HasLockingShift reports whether the GSM 7-bit text uses a national table in place
// of the default one, so that a marker's symbol may mean another character
// (TS 23.038 §6.2.1.2.3).
func (h Header) HasLockingShift() bool { return h.find(lockingShift) > 0 }

// HasSIMToolkit reports whether the message is for the (U)SIM toolkit (TS 23.040
// §9.2.3.24: identifiers 70–7F).
func (h Header) HasSIMToolkit() bool {
	for at := 1; at < len(h); at += elementHeaderLen + int(h[at+1]) {
		if h[at] >= simToolkit && h[at] <= simToolkitEnd {
			return true
		}
	}
	return false
}
