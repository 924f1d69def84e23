package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"readback/internal/bench/chart"
)

// drawing is a chart with the name of its file.
type drawing struct {
	file string
	chart.Chart
}

// drawings returns the charts of a report: one for each table, and one of messages a second.
func (r Report) drawings() []drawing {
	var all []drawing
	for _, t := range r.Tables {
		d := drawing{file: t.file()}
		switch t.Part {
		case Paced:
			d.Chart = t.latencies()
		case Conversations, Binds, Octets, Record:
			d.Chart = t.cases()
		default:
			d.Chart = t.costs()
		}
		all = append(all, d)
	}
	if rates := r.rates(); len(rates.Labels) > 0 {
		all = append(all, drawing{"rates.svg", rates})
	}
	return all
}

// file returns the name of the table's chart.
func (t Table) file() string {
	switch s := t.Rows[0].Setup; t.Part {
	case Windows:
		return fmt.Sprintf("window-%d.svg", s.Window)
	case Paced:
		return fmt.Sprintf("paced-%.0f.svg", s.Rate)
	}
	return string(t.Part) + ".svg"
}

const cpuUnit = "µs of processor time per message"

// costs shows what a message costs each way.
func (t Table) costs() chart.Chart {
	c := chart.Chart{Title: cpuUnit + ": " + t.Title}
	if t.Part == Reads {
		c.Title = "µs of processor time per read: " + t.Title
	}
	var values []float64
	for _, r := range t.Rows {
		if r.Target > 0 {
			c.Labels, values = append(c.Labels, r.name()), append(values, r.Target)
		}
	}
	if len(values) > 0 {
		c.Series = []chart.Series{{Name: "CPU", Values: values}}
	}
	return c
}

// latencies shows percentiles of each way.
func (t Table) latencies() chart.Chart {
	c := chart.Chart{Title: "ms to the answer: " + t.Title}
	for _, r := range t.Rows {
		c.Labels = append(c.Labels, r.name())
	}
	for _, of := range []struct {
		name  string
		value func(Sample) time.Duration
	}{
		{"p50", func(s Sample) time.Duration { return s.P50 }},
		{"p99", func(s Sample) time.Duration { return s.P99 }},
		{"p99.9", func(s Sample) time.Duration { return s.P999 }},
		{"longest", func(s Sample) time.Duration { return s.Max }},
	} {
		values := make([]float64, len(t.Rows))
		for i, r := range t.Rows {
			values[i] = float64(of.value(r.Sample)) / float64(time.Millisecond)
		}
		c.Series = append(c.Series, chart.Series{Name: of.name, Values: values})
	}
	return c
}

// cases shows how the cost of a message depends on what differs within the table.
func (t Table) cases() chart.Chart {
	c := chart.Chart{Title: cpuUnit + ": " + t.Title}
	series := make(map[Release]map[string]float64)
	var releases []Release
	for _, r := range t.Rows {
		if !slices.Contains(c.Labels, r.Case) {
			c.Labels = append(c.Labels, r.Case)
		}
		if series[r.Release] == nil {
			series[r.Release] = make(map[string]float64)
			releases = append(releases, r.Release)
		}
		series[r.Release][r.Case] = r.Target
	}
	for _, release := range releases {
		values := make([]float64, len(c.Labels))
		for i, label := range c.Labels {
			values[i] = series[release][label]
		}
		c.Series = append(c.Series, chart.Series{Name: string(release), Values: values})
	}
	return c
}

// rates shows the messages a second of the ways through a process, by window.
func (r Report) rates() chart.Chart {
	c := chart.Chart{Title: "messages a second, load and sink on the same machine"}
	for _, t := range r.Tables {
		if t.Part != Windows {
			continue
		}
		s := chart.Series{Name: fmt.Sprintf("window %d", t.Rows[0].Window)}
		var labels []string
		for _, row := range t.Rows {
			if row.Way != Direct {
				labels, s.Values = append(labels, row.name()), append(s.Values, row.PerSecond)
			}
		}
		if len(c.Labels) == 0 {
			c.Labels = labels
		}
		if slices.Equal(labels, c.Labels) { // not so if the run was interrupted
			c.Series = append(c.Series, s)
		}
	}
	return c
}

// WriteCharts draws all charts into a directory, which is made if it is not there.
func (r Report) WriteCharts(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, d := range r.drawings() {
		if len(d.Series) == 0 {
			continue
		}
		svg, err := d.SVG()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, d.file), append(svg, '\n'), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
