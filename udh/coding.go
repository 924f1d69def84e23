package udh

// Coding says how the text of a message is written, and so in what its length is
// counted.
type Coding byte

// The codings that count differently or have a marker of their own.
const (
	GSM7   Coding = iota // GSM 7-bit default alphabet, unpacked: one septet in each octet
	ASCII                // IA5; counted in septets, as the SMSC turns it into GSM 7-bit
	Latin1               // ISO 8859-1, in octets
	UCS2                 // UTF-16 big-endian, in units of two octets
	Octets               // another alphabet of one octet a character: it has no marker
	Opaque               // text of which the characters are not known here, in octets: it has no marker, and is not cut
	Binary               // no text
	codings
)

func (c Coding) String() string {
	if c >= codings {
		return "unknown"
	}
	return [codings]string{"gsm7", "ascii", "latin1", "ucs2", "octets", "opaque", "binary"}[c]
}

// CodingOf returns what data_coding stands for; def is the SMSC's default alphabet, data_coding 00.
// SMPP defines the values up to 0E (SMPP 3.4 §5.2.19). ESMEs use the others as GSM defines them, also
// where SMPP does not take them from GSM (TS 23.038 §4).
func CodingOf(dataCoding byte, def Coding) Coding {
	switch group := dataCoding >> 4; {
	case group == 0x0:
		return smppCoding(dataCoding, def)
	case group <= 0x7: // general, and with automatic deletion
		return gsmCoding(dataCoding)
	case group <= 0xB: // reserved
		return Opaque
	case group <= 0xD: // message waiting, GSM 7-bit
		return GSM7
	case group == 0xE: // message waiting, UCS2
		return UCS2
	case dataCoding&0x04 == 0: // message class
		return GSM7
	}
	return Binary
}

// smppCoding is CodingOf for the values that SMPP defines itself. Cyrillic and Hebrew (ISO 8859-5, -8)
// are Octets; JIS, KS C 5601, pictograms and reserved values are Opaque.
func smppCoding(dataCoding byte, def Coding) Coding {
	switch dataCoding {
	case 0x00:
		return def
	case 0x01:
		return ASCII
	case 0x02, 0x04:
		return Binary
	case 0x03:
		return Latin1
	case 0x06, 0x07:
		return Octets
	case 0x08:
		return UCS2
	}
	return Opaque
}

// gsmCoding is CodingOf for the groups of TS 23.038 that say in bits 3 and 2 which alphabet the text
// has, and in bit 5 that it is compressed. The length of compressed text is not known.
func gsmCoding(dataCoding byte) Coding {
	const compressed = 0x20
	if dataCoding&compressed != 0 {
		return Binary
	}
	return [4]Coding{GSM7, Binary, UCS2, Opaque}[dataCoding>>2&3]
}

// maxUserData is the longest user data of one message, header included, in octets
// (TS 23.040 §9.2.3.16).
const maxUserData = 140

// Room is how much text fits in one message behind a header of headerLen octets,
// its length octet included; zero stands for no header. It is counted in septets,
// octets or UCS2 units, as the coding is.
func Room(c Coding, headerLen int) int {
	n := max(maxUserData-headerLen, 0)
	switch c {
	case GSM7, ASCII:
		return n * 8 / 7 // what the fill bits take is less than a septet
	case UCS2:
		return n / 2
	}
	return n
}

// TextLen returns the length of text, which stands behind the header, in the units of Room.
// ok is false if it cannot be text of that coding: UCS2 with half a unit.
func TextLen(c Coding, text []byte) (units int, ok bool) {
	switch c {
	case ASCII:
		units = len(text)
		for _, b := range text {
			if escaped(b) {
				units++
			}
		}
		return units, true
	case UCS2:
		return len(text) / 2, len(text)%2 == 0
	}
	return len(text), true
}

// escaped reports whether an ASCII character takes two septets, because it is only in the
// extension table of GSM 7-bit (TS 23.038 §6.2.1.1).
func escaped(b byte) bool {
	switch b {
	case '^', '{', '}', '[', ']', '~', '\\', '|', '\f':
		return true
	}
	return false
}

// FitsElement reports whether text still fits in one message when an element of
// elementLen octets joins its header of headerLen octets, zero if there is none yet.
func FitsElement(c Coding, headerLen, elementLen int, text []byte) bool {
	units, ok := TextLen(c, text)
	return ok && units <= Room(c, max(headerLen, 1)+elementLen)
}
