// Package chart draws bar charts as SVG.
package chart

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-analyze/charts"
)

// Chart is a chart of horizontal bars: for each label a group, with a bar of each series.
type Chart struct {
	Title  string // what it is about, with the unit
	Labels []string
	Series []Series
}

// Series has a value for each label.
type Series struct {
	Name   string
	Values []float64
}

// Sizes in pixels.
const (
	width     = 800
	barHeight = 18
	groupGap  = 14
	frame     = 130 // title, legend, axis
)

// SVG draws the chart.
func (c Chart) SVG() ([]byte, error) {
	data, names := make([][]float64, len(c.Series)), make([]string, len(c.Series))
	for i, s := range c.Series {
		if len(s.Values) != len(c.Labels) || len(c.Labels) == 0 {
			return nil, fmt.Errorf("chart %q: series %q has %d values for %d labels", c.Title, s.Name, len(s.Values), len(c.Labels))
		}
		data[i], names[i] = topDown(s.Values), s.Name
	}
	if len(data) == 0 {
		return nil, errors.New("a chart without series")
	}
	opt := charts.NewBarChartOptionWithData(data)
	opt.Horizontal = true
	opt.Title.Text = c.Title
	opt.CategoryAxis.Labels = topDown(c.Labels)
	opt.Legend.SeriesNames = names
	opt.Legend.Show = charts.Ptr(len(names) > 1)
	opt.Legend.Offset = charts.OffsetStr{Top: "28"}
	opt.ValueFormatter = format
	for i := range opt.SeriesList {
		opt.SeriesList[i].Label.Show = charts.Ptr(true)
		opt.SeriesList[i].Label.ValueFormatter = format
	}
	p := charts.NewPainter(charts.PainterOptions{
		OutputFormat: charts.ChartOutputSVG, Width: width, Height: frame + len(c.Labels)*(len(data)*barHeight+groupGap),
	})
	if err := p.BarChart(opt); err != nil {
		return nil, fmt.Errorf("chart %q: %w", c.Title, err)
	}
	return p.Bytes()
}

// topDown returns values in the order of the library, which draws the first label at the bottom.
func topDown[T any](values []T) []T {
	values = slices.Clone(values)
	slices.Reverse(values)
	return values
}

// format writes three significant digits of what is small, and no fraction of what is large.
func format(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
