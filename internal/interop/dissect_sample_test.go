//go:build e2e

package interop

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// alphabet is how a message's text is written, and in what its length is counted.
type alphabet struct {
	unit   int // bits of the unit that one message has room for
	tokens []token
	cut    bool // characters are known, so that the text may be cut between them
	packed bool // septets are packed where the SMSC wants that
}

// token is what must stay together, an escape pair as much as an emoji.
type token struct {
	octets     string
	units      int // of the unit
	characters int // in which the length of a text is given here
}

func tokens(units, characters int, octets ...string) (all []token) {
	for _, o := range octets {
		all = append(all, token{o, units, characters})
	}
	return all
}

func singles(octets string) (all []token) {
	for _, b := range []byte(octets) {
		all = append(all, token{string([]byte{b}), 1, 1})
	}
	return all
}

// units16 are characters of UTF-16, each of so many units.
func units16(units int, octets string) (all []token) {
	for chunk := range slices.Chunk(unhex(octets), 2*units) {
		all = append(all, token{string(chunk), units, units})
	}
	return all
}

// The first token of each is the one that fills what is left of a length.
var (
	gsm7 = alphabet{7, slices.Concat(singles("x Hello, \x05\x10\x5f\x7f 0123\x11"), tokens(2, 2, "\x1b\x65", "\x1b\x3c"), singles("\x02World")), true, true}
	// '@' is 0 in GSM 7-bit, which nobody can tell from the filling of the last octet of packed text.
	gsm7At = alphabet{7, append(slices.Clone(gsm7.tokens), singles("a\x00b\x0dc")...), true, false}
	ascii  = alphabet{7, slices.Concat(singles("x Hello, World!"), tokens(2, 1, "[", "~", "|"), singles("0123@_")), true, false}
	latin1 = alphabet{8, singles("x Gr\xfc\xdfe, \xe7a va\xbf \xa7\xff"), true, false}
	cyril  = alphabet{8, singles("x \xbf\xe0\xd8\xd2\xd5\xe2, \xdc\xd8\xe0"), true, false}
	utf16s = alphabet{16, slices.Concat(units16(1, "0078 041F 0440 0438 0020 60A8 25A1"), units16(2, "D83DDE00 00650301"),
		units16(4, "D83CDDE9D83CDDEA"), units16(1, "0021 597D"), units16(8, "D83DDC68200DD83DDC69200DD83DDC67")), true, false}
	opaque = alphabet{8, singles("Opaque 0123456789"), false, false}
	bits8  = alphabet{8, singles("\x01\x02\xfe\xff"), false, false}
)

// alphabetOf tells what data_coding stands for (SMPP 3.4 §5.2.19, TS 23.038 §4).
func alphabetOf(dc byte, packed bool) alphabet {
	text := gsm7At
	if packed {
		text = gsm7
	}
	switch {
	case isBinary(dc):
		return bits8
	case dc >= 0x10 && dc < 0x80:
		return []alphabet{text, bits8, utf16s, opaque}[dc>>2&3]
	case dc == 0, dc >= 0xC0 && dc <= 0xDF, dc >= 0xF0:
		return text
	case dc == 1:
		return ascii
	case dc == 3:
		return latin1
	case dc == 6, dc == 7:
		return cyril
	case dc == 8, dc >= 0xE0 && dc <= 0xEF:
		return utf16s
	}
	return opaque
}

// room is how much fits behind a header of so many octets (TS 23.040 §9.2.3.24).
func (a alphabet) room(header int) int { return (140 - header) * 8 / a.unit }

// write makes a text of so many characters, starting anywhere in the tokens.
func (a alphabet) write(characters, start int) (text []byte, units int) {
	for i := start; characters > 0; i++ {
		next := a.tokens[i%len(a.tokens)]
		if next.characters > characters {
			next = a.tokens[0]
		}
		text, units, characters = append(text, next.octets...), units+next.units, characters-next.characters
	}
	return text, units
}

// plain is the same with the characters of one unit only.
func (a alphabet) plain() alphabet {
	a.tokens = slices.DeleteFunc(slices.Clone(a.tokens), func(t token) bool { return t.units > 1 })
	return a
}

// own is the header, or what stands for one, that an ESME's message may have.
type own struct {
	name     string
	elements []byte
	ids      []string  // as Wireshark shows them
	data     string    // of those that Wireshark does not know
	part     [3]string // reference, total, sequence number
	sar      bool
}

// part is the same in all the ways of saying it.
var part = [3]string{"42", "3", "2"}

var owns = []own{
	{name: "no header"},
	{name: "national single shift", elements: unhex("24 01 01"), ids: []string{"0x24"}},
	{name: "private element", elements: unhex("90 03 AA BB CC"), ids: []string{"0x90"}, data: "aabbcc"},
	{name: "8-bit reference", elements: unhex("00 03 2A 03 02"), ids: []string{"0x00"}, part: part},
	{name: "16-bit reference", elements: unhex("08 04 00 2A 03 02"), ids: []string{"0x08"}, part: part},
	{name: "sar_*", part: part, sar: true},
}

// length is that of the header in octets that the message has towards the SMSC, zero if
// there is none.
func (o own) length() int {
	switch {
	case o.sar: // an 8-bit reference
		return 6
	case o.elements == nil:
		return 0
	}
	return 1 + len(o.elements)
}

// sample is a message of an ESME.
type sample struct {
	coding byte
	own    own
	text   []byte // unpacked
	units  int
	packed bool // the text goes packed
}

func (s *sample) alphabet() alphabet { return alphabetOf(s.coding, s.packed) }

func (s *sample) String() string {
	return fmt.Sprintf("data_coding %02x, %s, %d units, % x", s.coding, s.own.name, s.units, s.text)
}

// frame is the message as the ESME sends it, to the receiver of that number.
func (s *sample) frame(receiver int) smpp.Frame {
	m := simulator.ShortMessage{From: from, To: simulator.Number(fmt.Sprintf("4477%08d", receiver)), DataCoding: s.coding}
	var ud []byte
	if s.own.elements != nil {
		m.ESMClass = smpp.ESMClassUDHI
		ud = append([]byte{byte(len(s.own.elements))}, s.own.elements...)
	}
	text := s.text
	if s.packed && s.alphabet().packed {
		text = pack(text, len(ud))
	}
	ud = append(ud, text...)
	if s.own.sar {
		m.TLVs = bytes.Join([][]byte{tlv(smpp.TagSarMsgRefNum, "\x00\x2A"), tlv(smpp.TagSarTotalSegments, "\x03"), tlv(smpp.TagSarSegmentSeqnum, "\x02")}, nil)
	}
	const longest = 254 // SMPP 3.4 §5.2.21
	if len(ud) <= longest {
		m.UserData = ud
	} else {
		m.TLVs = append(m.TLVs, tlv(smpp.TagMessagePayload, string(ud))...)
	}
	return m.Append(nil, pdu.SubmitSMID, 1)
}

// pack packs septets behind a header, as one long number of which the septets are
// the digits (TS 23.038 §6.1.2.1); a carriage return fills seven bits that are left.
func pack(septets []byte, header int) []byte {
	fill := (7 - header*8%7) % 7
	if (fill+7*len(septets))%8 == 1 {
		septets = append(slices.Clone(septets), '\r')
	}
	n := new(big.Int)
	for _, s := range slices.Backward(septets) {
		n.Or(n.Lsh(n, 7), big.NewInt(int64(s)))
	}
	out := make([]byte, (fill+7*len(septets)+7)/8)
	n.Lsh(n, uint(fill)).FillBytes(out)
	slices.Reverse(out)
	return out
}
