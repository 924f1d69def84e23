package udh

import "encoding/binary"

// ReadResponse returns what a read response that came as a message says: in the last
// element iei of the header at the start of ud, number (2 octets), status (1) and, maybe,
// the number's proof (4), nil if there is none. ok is false for anything else, and for
// a part of a message.
func ReadResponse(ud []byte, iei byte) (number uint16, status byte, proof []byte, ok bool) {
	h, err := ParseHeader(ud)
	if err != nil {
		return 0, 0, nil, false
	}
	if _, part := h.Concat(); part {
		return 0, 0, nil, false
	}
	e, ok := h.Find(iei)
	if !ok || !e.isRead(iei) {
		return 0, 0, nil, false
	}
	if len(e.Data) == readLen+ProofLen {
		proof = e.Data[readLen:]
	}
	return binary.BigEndian.Uint16(e.Data), e.Data[NumberLen], proof, true
}

// readLen is the length of a read response without a proof: number and status.
const readLen = NumberLen + 1

// isRead reports whether e has the form of a read response.
func (e Element) isRead(iei byte) bool {
	return e.ID == iei && (len(e.Data) == readLen || len(e.Data) == readLen+ProofLen)
}

// HasRead reports whether one of the elements iei of the header at the start of ud has the form of a read
// response. It need not be the last, and the message may be a part of another: an SMSC may put it together.
func HasRead(ud []byte, iei byte) bool {
	h, err := ParseHeader(ud)
	if err != nil {
		return false
	}
	for e := range h.Elements() {
		if e.isRead(iei) {
			return true
		}
	}
	return false
}

// AppendWithoutReads appends to dst the header at the start of ud without the elements that HasRead looks for.
// It appends nothing if no element is left.
func AppendWithoutReads(dst, ud []byte, iei byte) []byte {
	h, err := ParseHeader(ud)
	if err != nil {
		return dst
	}
	start := len(dst)
	dst = append(dst, 0)
	for e := range h.Elements() {
		if !e.isRead(iei) {
			dst = append(append(dst, e.ID, byte(len(e.Data))), e.Data...)
		}
	}
	udhl := len(dst) - start - 1
	if udhl == 0 {
		return dst[:start]
	}
	dst[start] = byte(udhl)
	return dst
}
