package chart

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"
)

// Lines is a chart of lines over time. It has no title and no legend, and colours are left to a style sheet: what is
// drawn for series 0 has the class s0, and so on; texts have the class text, and lines of the scale grid.
type Lines struct {
	Labels []string // of the points in time
	Series [][]float64
	Format func(float64) string // of the scale; nil: three significant digits
}

// Size of a chart of lines in pixels, and how many labels it has below.
const (
	linesWidth  = 420
	linesHeight = 170
	linesLabels = 5
	linesUnits  = 4
	linesFont   = 9.5
)

// Colours by which classes finds what a line of the drawing is.
var (
	textColor = charts.Color{R: 1, G: 1, B: 1, A: 255}
	gridColor = charts.Color{R: 2, G: 2, B: 2, A: 255}
)

func seriesColor(i int) charts.Color { return charts.Color{R: 3, G: 3, B: uint8(i), A: 255} }

// SVG draws the chart, without a style attribute: a strict Content-Security-Policy forbids these in a page.
func (l Lines) SVG() ([]byte, error) {
	if len(l.Series) == 0 || len(l.Labels) == 0 {
		return nil, errors.New("a chart without points")
	}
	colors := make([]charts.Color, len(l.Series))
	for i, s := range l.Series {
		if len(s) != len(l.Labels) {
			return nil, fmt.Errorf("series %d has %d values for %d points", i, len(s), len(l.Labels))
		}
		colors[i] = seriesColor(i)
	}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: linesWidth, Height: linesHeight})
	if err := p.LineChart(l.option(colors)); err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	svg, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	return classes(svg), nil
}

func (l Lines) option(colors []charts.Color) charts.LineChartOption {
	opt := charts.NewLineChartOptionWithData(l.Series)
	opt.Theme = charts.MakeTheme(charts.ThemeOption{
		TextColor: textColor, AxisStrokeColor: gridColor, AxisSplitLineColor: gridColor,
		BackgroundColor: charts.ColorTransparent, SeriesColors: colors,
	})
	opt.Padding = charts.Box{Top: 8, Left: 2, Right: 14, Bottom: 2, IsSet: true}
	opt.XAxis.Labels, opt.XAxis.LabelCount = l.Labels, linesLabels
	opt.XAxis.BoundaryGap = charts.Ptr(false)
	opt.XAxis.LabelFontStyle.FontSize = linesFont
	opt.YAxis[0].Min, opt.YAxis[0].LabelCount = charts.Ptr(0.0), linesUnits
	opt.YAxis[0].LabelFontStyle.FontSize = linesFont
	opt.Legend.Show = charts.Ptr(false)
	opt.Symbol = charts.Symbol{Shape: charts.SymbolNone}
	opt.LineStrokeWidth = 2
	opt.ValueFormatter = l.Format
	if l.Format == nil {
		opt.ValueFormatter = format
	}
	return opt
}

var (
	styleAttribute = regexp.MustCompile(` style="([^"]*)"`)
	seriesFill     = regexp.MustCompile(`^rgb\(3,3,(\d+)\)$`)
)

// classes replaces style attributes by classes for the colours and presentation attributes for the rest.
func classes(svg []byte) []byte {
	return styleAttribute.ReplaceAllFunc(svg, func(style []byte) []byte {
		class, attributes := "", ""
		for _, property := range strings.Split(string(styleAttribute.FindSubmatch(style)[1]), ";") {
			name, value, _ := strings.Cut(property, ":")
			switch name {
			case "stroke", "fill":
				if c := classOf(value); c != "" {
					class = c
					continue
				}
				attributes += fmt.Sprintf(" %s=%q", name, "none")
			case "stroke-width", "font-size":
				attributes += fmt.Sprintf(" %s=%q", name, strings.TrimSuffix(value, "px"))
			}
		}
		if class != "" {
			attributes += fmt.Sprintf(" class=%q", class)
		}
		return []byte(attributes)
	})
}

// classOf returns the class of what has a colour; empty if it is not to be seen.
func classOf(color string) string {
	switch color {
	case "rgb(1,1,1)":
		return "text"
	case "rgb(2,2,2)":
		return "grid"
	}
	if m := seriesFill.FindStringSubmatch(color); m != nil {
		n, _ := strconv.Atoi(m[1])
		return "s" + strconv.Itoa(n)
	}
	return ""
}
