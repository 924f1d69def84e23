package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"readback/internal/setting"
)

// Error is one thing that is wrong with a scenario. It prints as
//
//	ci.yaml:12: rules[2].status: "ESME_RTHROTLED": unknown status (hint: did you mean ESME_RTHROTTLED?)
type Error struct {
	File    string
	Line    int    // from 1; 0 if it is about the file as a whole
	Key     string // with dots; empty if it is about the file as a whole
	Value   string // as written; may be empty
	Problem string
	Hint    string // how to fix it; may be empty
}

// Error returns the error in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File + ":")
	if e.Line > 0 {
		fmt.Fprintf(&b, "%d:", e.Line)
	}
	b.WriteString(" ")
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
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

// Errors holds everything that is wrong with a scenario, by line.
type Errors []*Error

// Error returns a line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int { return cmp.Compare(a.Line, b.Line) })
}
