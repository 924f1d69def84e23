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
	switch {
	case !ok:
		return 0, 0, nil, false
	case len(e.Data) == NumberLen+1+ProofLen:
		proof = e.Data[NumberLen+1:]
	case len(e.Data) != NumberLen+1:
		return 0, 0, nil, false
	}
	return binary.BigEndian.Uint16(e.Data), e.Data[NumberLen], proof, true
}
