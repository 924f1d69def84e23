package udh

// carriageReturn fills the seven bits that may be left behind packed text, where they
// could be taken for another character (TS 23.038 §6.1.2.3.1).
const carriageReturn = 0x0D

// fillBits returns how many bits stand between a header of headerLen octets and packed text,
// so that the text starts at a septet (TS 23.040 §9.2.3.24).
func fillBits(headerLen int) int { return (7 - 8*headerLen%7) % 7 }

// Unpack appends to dst the septets of packed GSM 7-bit text, which stands behind a header of
// headerLen octets, zero if there is none (TS 23.038 §6.1.2.1). ok is false, and dst
// unchanged, if the number of septets is not certain: SMPP does not count septets, and a last
// one of zero may be '@' or nothing.
func Unpack(dst, packed []byte, headerLen int) (septets []byte, ok bool) {
	fill := fillBits(headerLen)
	bits := 8*len(packed) - fill
	n := max(bits, 0) / 7
	start := len(dst)
	for i := range n {
		at := fill + 7*i
		b := packed[at/8] >> (at % 8)
		if at%8 > 1 {
			b |= packed[at/8+1] << (8 - at%8)
		}
		dst = append(dst, b&0x7F)
	}
	if n == 0 || bits%7 != 0 {
		return dst, true
	}
	switch dst[len(dst)-1] {
	case carriageReturn:
		return dst[:len(dst)-1], true
	case 0:
		return dst[:start], false
	}
	return dst, true
}

// Pack appends to dst the septets, packed as they stand behind a header of headerLen octets:
// it undoes Unpack. A header has its fill bits even if no text follows. ok is false, and dst
// unchanged, for text that Unpack would not return.
func Pack(dst, septets []byte, headerLen int) (packed []byte, ok bool) {
	if !Packs(septets, headerLen) {
		return dst, false
	}
	at, start := fillBits(headerLen), len(dst)
	dst = append(dst, make([]byte, (at+7*len(septets)+7)/8)...)
	out := dst[start:]
	put := func(s byte) {
		s &= 0x7F
		out[at/8] |= s << (at % 8)
		if at%8 > 1 {
			out[at/8+1] |= s >> (8 - at%8)
		}
		at += 7
	}
	for _, s := range septets {
		put(s)
	}
	if 8*len(out)-at == 7 {
		put(carriageReturn)
	}
	return dst, true
}

// Packs reports whether Pack can pack the text. It cannot if the last septet ends at an octet
// and could be taken for fill bits.
func Packs(septets []byte, headerLen int) bool {
	n := len(septets)
	return n == 0 || (fillBits(headerLen)+7*n)%8 != 0 || septets[n-1] != carriageReturn && septets[n-1] != 0
}
