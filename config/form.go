package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// gsm7 is the GSM 7-bit default alphabet without its escape (TS 23.038 §6.2.1).
const gsm7 = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// checkForm looks inside a text by the form that its tag names.
func (f field) checkForm(s string) *problem {
	if s == "" && f.tag.Get("empty") != "" {
		return nil
	}
	switch f.tag.Get("form") {
	case "bind":
		return checkAddr(s, true)
	case "dial":
		return checkAddr(s, false)
	case "nats":
		return checkNATS(s)
	case "bcrypt":
		return checkHash(s)
	case "file":
		return checkFile(s)
	case "origin":
		return checkOrigin(s)
	case "host":
		return checkHost(s)
	case "system_id":
		return checkBindText("system_id", s, maxSystemID)
	case "system_type":
		return checkBindText("system_type", s, maxSystemType)
	case "url":
		return checkURL(s)
	case "template":
		return checkTemplate(s)
	case "path":
		if strings.TrimSpace(s) == "" {
			return &problem{"empty", "a directory such as /var/lib/readback"}
		}
	}
	return nil
}

// checkAddr wants host:port with a port in digits. To bind, the host may be
// absent (all addresses) and the port 0 (any free one).
func checkAddr(s string, bind bool) *problem {
	example := "host:port such as 127.0.0.1:2775"
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return &problem{"not host:port", example + "; IPv6 as [::1]:2775"}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return &problem{"the port is not a number up to 65535", example}
	}
	if !bind && n == 0 {
		return &problem{"there is no port 0 to connect to", example}
	}
	if !bind && host == "" {
		return &problem{"there is no host", example}
	}
	if strings.ContainsFunc(host, notInHost) {
		return &problem{"not a host", example}
	}
	return nil
}

func notInHost(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("/@", r) }

// checkHost wants a name or an address without a port.
func checkHost(s string) *problem {
	_, err := netip.ParseAddr(s)
	if err != nil && (strings.ContainsFunc(s, notInHost) || strings.ContainsRune(s, ':')) {
		return &problem{"not a host", "a name such as smsc.example, without a port"}
	}
	return nil
}

// checkFile wants a file that can be read now; what is in it is seen by who
// loads it.
func checkFile(path string) *problem {
	f, p := openFile(path)
	if p != nil {
		return p
	}
	_ = f.Close() // only read
	return nil
}

// The longest texts that a bind can carry: 16 and 13 octets with the NUL (SMPP 3.4
// §5.2.1, §5.2.3).
const (
	maxSystemID   = 15
	maxSystemType = 12
)

// checkBindText wants a text that fits its place in a bind.
func checkBindText(what, s string, most int) *problem {
	switch {
	case len(s) > most:
		return &problem{fmt.Sprintf("a %s of %d octets", what, len(s)), fmt.Sprintf("at most %d", most)}
	case strings.ContainsFunc(s, unicode.IsControl):
		return &problem{"a " + what + " with a control character", ""}
	}
	return nil
}

// checkNATS wants the word embedded or a comma list of server addresses.
func checkNATS(s string) *problem {
	if s == embedded {
		return nil
	}
	hint := "embedded, or nats://host:4222, or several with commas between"
	for server := range strings.SplitSeq(s, ",") {
		u, err := url.Parse(strings.TrimSpace(server))
		if err != nil || u.Hostname() == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return &problem{"not the address of a NATS server", hint}
		}
	}
	return nil
}

// checkSymbol wants a character that the encoding has in one unit, and no digit:
// digits follow it.
func checkSymbol(encoding string, r rune) *problem {
	if unicode.IsDigit(r) || unicode.IsSpace(r) || !unicode.IsPrint(r) {
		return &problem{"a digit, a space or nothing that can be seen", "a symbol such as # or §"}
	}
	switch {
	case encoding == "ucs2" && r > 0xFFFF:
		return &problem{"takes two units of UCS2", "a character up to U+FFFF"}
	case encoding == "gsm7" && !strings.ContainsRune(gsm7, r):
		return &problem{"not in the GSM 7-bit default alphabet, or not in one septet", "§, # or *"}
	case encoding == "latin1" && r > 0xFF:
		return &problem{"not in Latin-1", "§, ¤ or #"}
	case encoding == "ascii" && r > 0x7E:
		return &problem{"not in ASCII", "#, * or +"}
	}
	return nil
}
