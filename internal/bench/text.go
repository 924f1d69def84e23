package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// WriteText writes the tables for people.
func (r Report) WriteText(to io.Writer) error {
	w := &sticky{to: to}
	w.printf("%s  %s, %d processors\n", r.At.Format(time.RFC3339), r.System, r.Processors)
	w.printf("this: %s\n", r.This)
	if r.Against != "" {
		w.printf("against: %s\n", r.Against)
	}
	if r.HAProxy != "" {
		w.printf("%s\n", r.HAProxy)
	} else {
		w.printf("HAProxy is not installed\n")
	}
	w.printf("loads of %v, %d rounds; processor time is of the relay, HAProxy or gateway, in µs per message\n", r.Time, r.Rounds)
	for _, t := range r.Tables {
		t.write(w)
	}
	return w.err
}

// write writes one table.
func (t Table) write(w *sticky) {
	w.printf("\n%s\n", t.Title)
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	cells := &sticky{to: tab}
	cells.printf("way\trelease\tmsg/s\tp50 ms\tp99\tp99.9\tlongest\tadded p50\tp99\tp99.9\tCPU µs\tload\tsink\tMB\t× HAProxy\tp50 ×\t× against\trate ×\tdropped\tlost\t\n")
	for _, r := range t.Rows {
		r.write(cells)
	}
	w.err = first(w.err, cells.err, tab.Flush())
}

func (r Row) write(w *sticky) {
	w.printf("%s\t%s\t%.0f\t%s\t%s\t%s\t%s\t", r.Way, r.Release, r.PerSecond, ms(r.P50), ms(r.P99), ms(r.P999), ms(r.Max))
	if a := r.Added; a != nil {
		w.printf("%s\t%s\t%s\t", ms(a.P50), ms(a.P99), ms(a.P999))
	} else {
		w.printf("\t\t\t")
	}
	w.printf("%s\t%.2f\t%.2f\t%s\t", unlessZero("%.2f", r.Target), r.Load, r.Sink, unlessZero("%.0f", float64(r.Resident)/1e6))
	ratios := r.Ratios
	if ratios == nil {
		ratios = new(Ratios)
	}
	for _, x := range []float64{ratios.CPUToHAProxy, ratios.P50ToHAProxy, ratios.CPUToAgainst, ratios.RateToAgainst} {
		w.printf("%s\t", unlessZero("%.2f", x))
	}
	w.printf("%s\t%s\t\n", unlessZero("%.0f", float64(r.Dropped)), unlessZero("%.0f", float64(r.Lost)))
}

// ms returns milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.3g", float64(d)/float64(time.Millisecond)) }

func unlessZero(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
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

func (s *sticky) printf(format string, args ...any) { _, _ = fmt.Fprintf(s, format, args...) }

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
