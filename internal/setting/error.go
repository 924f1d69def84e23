package setting

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Error is one thing that is wrong in a file of settings. It prints as
//
//	readback.yaml:12: track.carriage: "usd": unknown value (hint: udh, text or auto)
type Error struct {
	File    string // of the file, the environment variable or the flag
	Line    int    // in the file, from 1; 0 elsewhere
	Key     string // with dots; empty if it is about the file as a whole
	Value   string // as written; empty if there is none or it is secret
	Problem string
	Hint    string // how to fix it; may be empty

	stands int // for so many errors; 0 is for itself
}

// Error returns the error in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(Place(e.File, e.Line))
	if e.Key != "" {
		b.WriteString(printable(e.Key) + ": ")
	}
	if e.Value != "" {
		fmt.Fprintf(&b, "%q: ", Shorten(e.Value))
	}
	b.WriteString(e.Problem)
	if e.Hint != "" {
		b.WriteString(" (hint: " + e.Hint + ")")
	}
	return b.String()
}

// Place returns where a value was given as a prefix of a message: the line of a file; with line 0 a file as a whole, a
// variable or a flag. It is empty for a default, which has no file.
func Place(file string, line int) string {
	switch {
	case file == "":
		return ""
	case line == 0:
		return file + ": "
	}
	return fmt.Sprintf("%s:%d: ", file, line)
}

// printable quotes a key that contains line breaks or control characters.
func printable(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(Shorten(key))
	}
	return Shorten(key)
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

// MaxErrors is how many errors are told one by one. A slip that repeats has as many as the file has lines.
const MaxErrors = 100

// Sorted returns the errors in their order. The last one stands for all beyond the first hundred, if there are more.
func (e Errors) Sorted() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int {
		if (a.Line == 0) != (b.Line == 0) {
			return b.Line - a.Line
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.File, b.File))
	})
	if len(e) <= MaxErrors {
		return e
	}
	more := len(e) - MaxErrors
	return append(e[:MaxErrors:MaxErrors], &Error{File: e[0].File, Problem: fmt.Sprintf("and %d more", more), Hint: "correct those above first", stands: more})
}

// Count returns how many errors there are.
func (e Errors) Count() (n int) {
	for _, one := range e {
		n += max(one.stands, 1)
	}
	return n
}
