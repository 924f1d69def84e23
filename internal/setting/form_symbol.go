package setting

import (
	"strings"
	"unicode"
)

// gsm7 is the GSM 7-bit default alphabet without its escape (TS 23.038 §6.2.1).
const gsm7 = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// checkSymbol refuses a character that has more than one unit in the encoding, and digits,
// because digits follow it.
func checkSymbol(encoding string, r rune) *Problem {
	if unicode.IsDigit(r) || unicode.IsSpace(r) || !unicode.IsPrint(r) {
		return &Problem{"a digit, a space or nothing that can be seen", "a symbol such as # or §"}
	}
	switch {
	case encoding == "ucs2" && r > 0xFFFF:
		return &Problem{"takes two units of UCS2", "a character up to U+FFFF"}
	case encoding == "gsm7" && !strings.ContainsRune(gsm7, r):
		return &Problem{"not in the GSM 7-bit default alphabet, or not in one septet", "§, # or *"}
	case encoding == "latin1" && r > 0xFF:
		return &Problem{"not in Latin-1", "§, ¤ or #"}
	case encoding == "ascii" && r > 0x7E:
		return &Problem{"not in ASCII", "#, * or +"}
	}
	return nil
}
