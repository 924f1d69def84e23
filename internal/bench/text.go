package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes the tables for people.
func (r Report) WriteText(to io.Writer) error {
	w := &sticky{to: to}
	w.printf("%s\n", r.heading())
	for _, t := range r.Tables {
		w.printf("\n%s\n", t.Title)
		w.table(t.cells())
	}
	if len(r.Idle) > 0 {
		w.printf("\nidle sessions\n")
		w.table(idleCells(r.Idle))
	}
	return w.err
}

// heading says what was measured, where and when.
func (r Report) heading() string {
	lines := []string{
		fmt.Sprintf("%s, %s, %d processors; loads of %v, rounds: %d", r.At.Format(time.RFC3339), r.System, r.Processors, r.Time, r.Rounds),
		"this: " + r.This,
	}
	if r.Against != "" {
		lines = append(lines, "against: "+r.Against)
	}
	if r.HAProxy == "" {
		return strings.Join(append(lines, "HAProxy is not installed"), "\n")
	}
	return strings.Join(append(lines, r.HAProxy), "\n")
}

// sticky keeps the first error of many writes.
type sticky struct {
	to  io.Writer
	err error
}

func (s *sticky) Write(b []byte) (int, error) {
	if s.err == nil {
		_, s.err = s.to.Write(b)
	}
	return len(b), s.err
}

func (s *sticky) printf(format string, args ...any) { _, _ = fmt.Fprintf(s, format, args...) } // s has the error

// table writes cells in columns.
func (s *sticky) table(cells [][]string) {
	tab := tabwriter.NewWriter(s, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range cells {
		_, _ = fmt.Fprintf(tab, "%s\t\n", strings.Join(row, "\t")) // s has the error
	}
	_ = tab.Flush() // likewise
}
