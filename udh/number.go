package udh

import (
	"encoding/binary"
	"errors"
)

const (
	// NumberLen is the length of a number in octets, all that its element holds
	// as a rule.
	NumberLen = 2
	// ProofLen is the length of the proof that may follow the number, in octets.
	ProofLen = 4
	// ElementLen is the length of the number's element in octets, with its
	// identifier and length, and without proof.
	ElementLen = elementHeaderLen + NumberLen
)

// Errors of Append, beside ErrHeader.
var (
	ErrTaken  = errors.New("the sender uses the element's identifier")
	ErrNoRoom = errors.New("the user data header is full")
)

// NumberElement is the element that carries number n: IEDL 2, big-endian.
func NumberElement(iei byte, n uint16) Element {
	return Element{iei, []byte{byte(n >> 8), byte(n)}}
}

// Append appends to dst the user data ud with the element of number n; see
// AppendElement.
func Append(dst, ud []byte, has bool, iei byte, n uint16) ([]byte, error) {
	return AppendElement(dst, ud, has, NumberElement(iei, n))
}

// AppendElement appends to dst the user data ud with e behind the sender's own elements,
// which keep their places. has says whether ud starts with a header; if not, a header is
// made. The error is ErrHeader, ErrTaken or ErrNoRoom, and dst is returned unchanged.
// FitsElement reports whether the text still fits behind the header. dst and ud must not
// overlap.
func AppendElement(dst, ud []byte, has bool, e Element) ([]byte, error) {
	var h Header
	if has {
		var err error
		if h, err = ParseHeader(ud); err != nil {
			return dst, err
		}
	}
	out, err := AppendHeader(dst, h, nil, e)
	if err != nil {
		return dst, err
	}
	return append(out, ud[len(h):]...), nil
}

// Number returns the number that the header at the start of ud carries in element iei. The
// last such element counts. It holds a number, or a number and its proof. An element of any
// other length belongs to somebody else.
func Number(ud []byte, iei byte) (n uint16, ok bool) {
	h, err := ParseHeader(ud)
	if err != nil {
		return 0, false
	}
	e, ok := h.Find(iei)
	if !ok || len(e.Data) != NumberLen && len(e.Data) != NumberLen+ProofLen {
		return 0, false
	}
	return binary.BigEndian.Uint16(e.Data), true
}

// Remove appends to dst the user data ud, which starts with a header, without the last
// element iei: it undoes Append. has reports whether a header is left. If there is no such
// element, or no well-formed header, ok is false and dst is returned unchanged. dst and ud
// must not overlap.
func Remove(dst, ud []byte, iei byte) (out []byte, has, ok bool) {
	h, err := ParseHeader(ud)
	if err != nil {
		return dst, false, false
	}
	at := h.find(iei)
	if at == 0 {
		return dst, false, false
	}
	n := h.element(at).Len()
	if has = n < h.Len()-1; has {
		dst = append(dst, h[0]-byte(n))
		dst = append(dst, h[1:at]...)
		dst = append(dst, h[at+n:]...)
	}
	return append(dst, ud[h.Len():]...), has, true
}
