package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"readback/internal/setting"
)

// Error is one thing that is wrong with the configuration. It prints as
//
//	readback.yaml:12: track.carriage: "usd": unknown value (hint: udh, text or auto)
type Error struct {
	File    string // of the file, the environment variable or the flag
	Line    int    // in the file, from 1; 0 elsewhere
	Key     string // with dots; empty if it is about the file as a whole
	Value   string // as written; empty if there is none or it is secret
	Problem string
	Hint    string // how to fix it; may be empty
}

// Error returns the error in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(place{file: e.File, line: e.Line}.String())
	if e.Key != "" {
		b.WriteString(printable(e.Key) + ": ")
	}
	if e.Value != "" {
		fmt.Fprintf(&b, "%q: ", setting.Shorten(e.Value))
	}
	b.WriteString(e.Problem)
	if e.Hint != "" {
		b.WriteString(" (hint: " + e.Hint + ")")
	}
	return b.String()
}

// Errors holds everything that is wrong: first the errors of the file by line, then the
// others.
type Errors []*Error

// Error returns a line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single errors to errors.Is and errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int {
		if (a.Line == 0) != (b.Line == 0) {
			return b.Line - a.Line
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.File, b.File))
	})
}

// place is where a value was given: a line of the file, a variable or a flag.
type place struct {
	file         string
	line, column int
}

// String returns the place as a prefix of a message. It is empty for a default.
func (p place) String() string {
	switch {
	case p.file == "":
		return ""
	case p.line == 0:
		return p.file + ": "
	}
	return fmt.Sprintf("%s:%d: ", p.file, p.line)
}

// problem says what is wrong with a value, and how to fix it.
type problem setting.Problem

// printable quotes a key that contains line breaks or control characters.
func printable(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(setting.Shorten(key))
	}
	return setting.Shorten(key)
}
