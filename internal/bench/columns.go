package bench

import (
	"fmt"
	"time"
)

// column is a column of the tables. One that is empty in all rows is left out.
type column struct {
	title string
	cell  func(r Row) string
}

// columns are those of all tables.
var columns = []column{
	{"way", func(r Row) string { return string(r.Way) }},
	{"release", func(r Row) string { return string(r.Release) }},
	{"case", func(r Row) string { return r.Case }},
	{"msg/s", func(r Row) string { return fmt.Sprintf("%.0f", r.PerSecond) }},
	{"p50 ms", func(r Row) string { return ms(r.P50) }},
	{"p99 ms", func(r Row) string { return ms(r.P99) }},
	{"p99.9 ms", func(r Row) string { return ms(r.P999) }},
	{"longest ms", func(r Row) string { return ms(r.Max) }},
	{"added p50", func(r Row) string { return r.added(func(a Added) time.Duration { return a.P50 }) }},
	{"added p99", func(r Row) string { return r.added(func(a Added) time.Duration { return a.P99 }) }},
	{"added p99.9", func(r Row) string { return r.added(func(a Added) time.Duration { return a.P999 }) }},
	{"CPU µs", func(r Row) string { return unlessZero("%.2f", r.Target) }},
	{"msg/s a core", func(r Row) string { return r.perCore() }},
	{"load µs", func(r Row) string { return unlessZero("%.2f", r.Load) }},
	{"sink µs", func(r Row) string { return unlessZero("%.2f", r.Sink) }},
	{"MB", func(r Row) string { return unlessZero("%.0f", float64(r.Resident)/1e6) }},
	{"CPU × HAProxy", func(r Row) string { return r.ratio(func(r Ratios) float64 { return r.CPUToHAProxy }) }},
	{"p50 × HAProxy", func(r Row) string { return r.ratio(func(r Ratios) float64 { return r.P50ToHAProxy }) }},
	{"CPU × untracked", func(r Row) string { return r.ratio(func(r Ratios) float64 { return r.CPUToUntracked }) }},
	{"CPU × known", func(r Row) string { return r.ratio(func(r Ratios) float64 { return r.CPUToKnown }) }},
	{"CPU × against", func(r Row) string { return r.ratio(func(r Ratios) float64 { return r.CPUToAgainst }) }},
	{"msg/s × against", func(r Row) string { return r.ratio(func(r Ratios) float64 { return r.RateToAgainst }) }},
	{"unnumbered", func(r Row) string { return unlessZero("%.0f", float64(r.Unnumbered)) }},
	{"dropped", func(r Row) string { return r.missed(r.Dropped) }},
	{"lost", func(r Row) string { return r.missed(r.Lost) }},
}

// added returns a time in addition to a direct connection's. It may be below zero: noise.
func (r Row) added(value func(Added) time.Duration) string {
	if r.Added == nil {
		return ""
	}
	return ms(value(*r.Added))
}

func (r Row) ratio(value func(Ratios) float64) string {
	if r.Ratios == nil {
		return ""
	}
	return unlessZero("%.2f", value(*r.Ratios))
}

// perCore returns how many messages a second the time of one processor is enough for.
func (r Row) perCore() string {
	if r.Target == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", 1e6/r.Target)
}

// missed returns a count of receipts, which says something also if it is zero.
func (r Row) missed(n int) string {
	if r.Way != Receipts && n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// ms returns milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.3g", float64(d)/float64(time.Millisecond)) }

func unlessZero(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

// cells returns the table with its titles, without columns that are empty.
func (t Table) cells() [][]string {
	all := make([][]string, len(t.Rows)+1)
	for _, c := range columns {
		column, used := make([]string, len(t.Rows)), false
		for i, r := range t.Rows {
			column[i] = c.cell(r)
			used = used || column[i] != ""
		}
		if !used {
			continue
		}
		all[0] = append(all[0], c.title)
		for i, cell := range column {
			all[i+1] = append(all[i+1], cell)
		}
	}
	return all
}

// perGigabyte returns how many idle sessions have room in a gigabyte.
func (i Idle) perGigabyte() string {
	if i.SessionBytes <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", 1e9/i.SessionBytes)
}

// idleCells returns the table of idle sessions with its titles.
func idleCells(idle []Idle) [][]string {
	all := [][]string{{"release", "sessions", "CPU %", "resident MB", "in use MB", "goroutines", "kB a session", "sessions a GB", "goroutines a session"}}
	for _, i := range idle {
		all = append(all, []string{
			string(i.Release), fmt.Sprint(i.Sessions), fmt.Sprintf("%.2f", i.CPU), fmt.Sprintf("%.0f", float64(i.Resident)/1e6),
			unlessZero("%.1f", float64(i.InUse)/1e6), unlessZero("%.0f", float64(i.Goroutines)),
			unlessZero("%.1f", i.SessionBytes/1e3), i.perGigabyte(), unlessZero("%.1f", i.SessionGoroutines),
		})
	}
	return all
}
