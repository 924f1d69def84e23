package receipt

import "bytes"

// field is one of the fields of a receipt's text (SMPP 3.4 Appendix B).
type field int8

const (
	noField field = iota - 1
	fieldID
	fieldSub
	fieldDelivered
	fieldSubmitDate
	fieldDoneDate
	fieldStat
	fieldErr
	fieldText
	fieldCount
)

// span is where the value of a field stands. No value stands at 0, in front of which there
// is no name: the zero span is that of a field that the text lacks.
type span struct{ start, end int }

// spans are where the values of all fields stand in a text.
type spans [fieldCount]span

func (s *spans) has(f field) bool { return s[f].start > 0 }

// findFields finds the fields in any order, in any case and with any spaces around names
// and values. The first field of a name counts. The value of a field is the first word
// behind the colon, and does not reach into the next field.
//
// The value of text is whatever the message says, so it could look like fields. It is the
// rest of the text if id and stat stand before it, as in SMPP 3.4 Appendix B. Otherwise the
// SMSC writes the fields in another order, and text ends before the next one.
func findFields(text []byte) (s spans) {
	current := noField
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], ':')
		if i < 0 {
			break
		}
		at += i + 1
		name, start := nameAtEnd(text[:at-1])
		if name == noField || s.has(name) || !s.begins(text, current, name, start) {
			continue
		}
		s.end(text, current, start)
		s[name], current = span{at, at}, name
		if name == fieldText && s.has(fieldID) && s.has(fieldStat) {
			break
		}
	}
	s.end(text, current, len(text))
	return s
}

// nameAtEnd returns the field whose name b ends with, and where the name starts.
func nameAtEnd(b []byte) (f field, start int) {
	b = trimSpaces(b)
	if len(b) == 0 {
		return noField, 0
	}
	var name string
	switch b[len(b)-1] | 0x20 {
	case 'd':
		if f, name = fieldID, "id"; !endsWith(b, name) {
			f, name = fieldDelivered, "dlvrd"
		}
	case 'b':
		f, name = fieldSub, "sub"
	case 'e':
		return dateAtEnd(b)
	case 't':
		if f, name = fieldStat, "stat"; !endsWith(b, name) {
			f, name = fieldText, "text"
		}
	case 'r':
		f, name = fieldErr, "err"
	}
	if name == "" || !endsWith(b, name) {
		return noField, 0
	}
	return f, len(b) - len(name)
}

// dateAtEnd is nameAtEnd of the dates, whose names have two words.
func dateAtEnd(b []byte) (f field, start int) {
	const date, submit, done = "date", "submit", "done"
	if !endsWith(b, date) {
		return noField, 0
	}
	b = b[:len(b)-len(date)]
	for len(b) > 0 && (isSpace(b[len(b)-1]) || b[len(b)-1] == '_') {
		b = b[:len(b)-1]
	}
	switch {
	case endsWith(b, submit):
		return fieldSubmitDate, len(b) - len(submit)
	case endsWith(b, done):
		return fieldDoneDate, len(b) - len(done)
	}
	return noField, 0
}

// endsWith reports whether b ends with word, which has small letters only, in any case.
func endsWith(b []byte, word string) bool {
	if len(b) < len(word) {
		return false
	}
	b = b[len(b)-len(word):]
	for i := range b {
		if b[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// begins reports whether a name that starts at start begins a field. It does behind a
// space. Behind the value of another field it also does without one, as in
// "stat:DELIVRDerr:000": apart from text, values have no colons. Only the names that end
// with "id" are too many ("stat:X msgid:1", "id:urn:uuid:1").
func (s *spans) begins(text []byte, current, name field, start int) bool {
	if start == 0 || isSpace(text[start-1]) {
		return true
	}
	if current == noField || current == fieldText || name == fieldID || !isAlphanumeric(text[start-1]) {
		return false
	}
	word, _ := firstWord(text, s[current].start, start)
	return word.end == start
}

// end sets the end of a field that must end before limit.
func (s *spans) end(text []byte, f field, limit int) {
	switch v := &s[max(f, 0)]; {
	case f == noField:
	case f != fieldText:
		if word, ok := firstWord(text, v.start, limit); ok {
			*v = word
		}
	case limit < len(text):
		v.end = v.start + len(trimSpaces(text[v.start:limit]))
	default:
		v.end = limit
	}
}

// firstWord returns where the first word of text[start:end] stands. ok is false if there is
// none.
func firstWord(text []byte, start, end int) (word span, ok bool) {
	for start < end && isSpace(text[start]) {
		start++
	}
	word = span{start, start}
	for word.end < end && !isSpace(text[word.end]) {
		word.end++
	}
	return word, word.end > start
}

// trimSpaces returns b without the spaces at its end.
func trimSpaces(b []byte) []byte {
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// isSpace reports whether b separates the words of a receipt's text. NUL does, as the end of a line in
// some texts.
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' || b == 0 }

func isAlphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z'
}
