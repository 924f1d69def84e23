package message

import (
	"strings"
	"unicode/utf8"
)

// A system_id, an address or a message_id is octets that a peer chose. They stay as they are in records,
// subjects and keys. Only as text they have a form of their own: if they are not UTF-8 they are shown as
// Latin-1.

// Shown returns octets as text: unchanged if they are UTF-8, and read as Latin-1 if not.
func Shown(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	text := make([]rune, len(s))
	for i := range len(s) {
		text[i] = rune(s[i])
	}
	return string(text)
}

// IsASCII reports whether a text has the same octets in every charset of SMPP.
func IsASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// latin1 returns the octets of a text in Latin-1; ok is false if it has none.
func latin1(text string) (s string, ok bool) {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xFF {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}

// AddrForms returns the addresses that s may stand for, normalised. Beyond ASCII, a sender may have been
// submitted in UTF-8 or in Latin-1, and in capitals or not. The error is ErrAddress if there is none.
func AddrForms(s string) ([]Addr, error) {
	if IsASCII(s) {
		a, err := NormalAddr(s)
		return []Addr{a}, err
	}
	var forms []Addr
	add := func(s string) {
		a, err := NormalAddr(s)
		for _, other := range forms {
			if other == a {
				return
			}
		}
		if err == nil {
			forms = append(forms, a)
		}
	}
	add(s)
	text := Shown(s)
	for _, t := range []string{text, strings.ToLower(text), strings.ToUpper(text)} {
		add(t)
		if octets, ok := latin1(t); ok {
			add(octets)
		}
	}
	if len(forms) == 0 {
		return nil, ErrAddress
	}
	return forms, nil
}

// Octets are the texts of a JSON object that are not UTF-8, by the names of their fields. The fields
// themselves show them as Latin-1.
type Octets map[string][]byte

// Text is a text in a JSON object.
type Text struct {
	Name string
	S    *string
}

// Show makes the texts those that JSON shows, and returns the octets of those that are not UTF-8.
func Show(texts ...Text) (o Octets) {
	for _, t := range texts {
		if utf8.ValidString(*t.S) {
			continue
		}
		if o == nil {
			o = make(Octets)
		}
		o[t.Name] = []byte(*t.S)
		*t.S = Shown(*t.S)
	}
	return o
}

// Restore makes the texts the octets that they were.
func (o Octets) Restore(texts ...Text) {
	for _, t := range texts {
		if octets, ok := o[t.Name]; ok {
			*t.S = string(octets)
		}
	}
}
