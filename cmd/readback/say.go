package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What peers choose, such as a system_id or a message_id, must not command the terminal of an operator.

// say prints text. It ignores errors: a closed pipe ends the process.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(harmless{w}, format, args...) }

// row prints a line of a table. No cell can make another cell or line.
func row(w io.Writer, cells ...any) {
	all := make([]string, len(cells))
	for i, c := range cells {
		all[i] = printable(fmt.Sprint(c), "")
	}
	say(w, "%s\n", strings.Join(all, "\t"))
}

// harmless writes text whose control characters are escaped, except for tabs and line ends. Each Write has whole
// characters.
type harmless struct{ to io.Writer }

// Write implements io.Writer.
func (h harmless) Write(text []byte) (int, error) {
	if _, err := io.WriteString(h.to, printable(string(text), "\t\n")); err != nil {
		return 0, err
	}
	return len(text), nil
}

// printable returns text with the characters escaped, as in Go, that are neither printable nor among allowed, and
// octets that are not UTF-8.
func printable(text, allowed string) string {
	isFine := func(r rune) bool { return unicode.IsPrint(r) || strings.ContainsRune(allowed, r) }
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !isFine(r) }) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case isFine(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		text = text[n:]
	}
	return b.String()
}
