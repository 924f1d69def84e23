package console

import (
	"html/template"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"readback/internal/bench/chart"
	"readback/internal/flow"
	"readback/internal/operator"
)

// flowView is what the first page shows.
type flowView struct {
	Status  operator.Status
	Minutes int
	Last    flow.Sample // all zero before the first
	Charts  []drawing
}

// drawing is a chart with its legend.
type drawing struct {
	Key    string // of its title
	Lines  []line
	SVG    template.HTML // empty: there is nothing to show yet
	Format func(float64) string
}

// line is a line of a chart.
type line struct {
	Key    string // of its name
	Class  string
	Now    string
	values []float64
}

func flowData(v *visit) (any, *problem) {
	status, p := get[operator.Status](v, "/v1/status")
	if p != nil {
		return nil, p
	}
	query := url.Values{}
	if minutes := v.r.URL.Query().Get("minutes"); minutes != "" {
		query.Set("minutes", minutes)
	}
	f, p := get[operator.Flow](v, "/v1/flow?"+query.Encode())
	if p != nil {
		return nil, p
	}
	view := flowView{Status: status, Minutes: f.Minutes}
	if n := len(f.Samples); n > 0 {
		view.Last = f.Samples[n-1]
	}
	view.Charts = drawings(v.lang, f.Samples)
	return view, nil
}

// series says what a line of a chart shows.
type series struct {
	key string
	of  func(*flow.Sample) float64
}

func queue(of func(*flow.Sample) int) func(*flow.Sample) float64 {
	return func(s *flow.Sample) float64 { return float64(of(s)) }
}

// percentile returns one of the two latencies of a kind.
func percentile(of func(*flow.Sample) *flow.Latency, which func(*flow.Latency) float64) func(*flow.Sample) float64 {
	return func(s *flow.Sample) float64 {
		if l := of(s); l != nil {
			return micro * which(l)
		}
		return 0
	}
}

func p50(l *flow.Latency) float64 { return l.P50 }
func p99(l *flow.Latency) float64 { return l.P99 }

func added(s *flow.Sample) *flow.Latency   { return s.Added }
func answer(s *flow.Sample) *flow.Latency  { return s.Answer }
func appends(s *flow.Sample) *flow.Latency { return s.Append }

// micro is what latencies are drawn in: the library leaves small values no room.
const micro = 1e6

func micros(v float64) string { return seconds(v / micro) }

// flowCharts are the charts of the page: title, format and lines.
var flowCharts = []struct {
	key    string
	format func(float64) string
	lines  []series
}{
	{"flow.messages", rate, []series{
		{"flow.numbered", func(s *flow.Sample) float64 { return s.Numbered }},
		{"flow.skipped", func(s *flow.Sample) float64 { return s.Skipped }},
		{"flow.rejected", func(s *flow.Sample) float64 { return s.Rejected }},
	}},
	{"flow.outcome", rate, []series{
		{"flow.delivered", func(s *flow.Sample) float64 { return s.Delivered }},
		{"flow.read", func(s *flow.Sample) float64 { return s.Read }},
	}},
	{"flow.answer", micros, []series{{"flow.p50", percentile(answer, p50)}, {"flow.p99", percentile(answer, p99)}}},
	{"flow.added", micros, []series{{"flow.p50", percentile(added, p50)}, {"flow.p99", percentile(added, p99)}}},
	{"flow.append", micros, []series{{"flow.p50", percentile(appends, p50)}, {"flow.p99", percentile(appends, p99)}}},
	{"flow.queues", rate, []series{
		{"flow.held", queue(func(s *flow.Sample) int { return s.Held })},
		{"flow.waiting", queue(func(s *flow.Sample) int { return s.Waiting + s.Outbox })},
		{"flow.receipts", queue(func(s *flow.Sample) int { return s.Receipts })},
	}},
}

// drawings draws the charts.
func drawings(l *language, samples []flow.Sample) (all []drawing) {
	labels := make([]string, len(samples))
	for i := range samples {
		labels[i] = samples[i].Time.UTC().Format("15:04")
	}
	for _, c := range flowCharts {
		d := drawing{Key: c.key, Format: c.format}
		lines := chart.Lines{Labels: labels, Format: func(v float64) string { return rounded(c.format(v)) }}
		alt := []string{l.text(c.key)}
		for i, s := range c.lines {
			one := line{Key: s.key, Class: "s" + strconv.Itoa(i), Now: "–"}
			for j := range samples {
				one.values = append(one.values, s.of(&samples[j]))
			}
			if n := len(one.values); n > 0 {
				one.Now = rounded(c.format(one.values[n-1]))
			}
			alt = append(alt, l.text(s.key)+" "+one.Now)
			d.Lines, lines.Series = append(d.Lines, one), append(lines.Series, one.values)
		}
		if svg, err := lines.SVG(); err == nil && len(samples) > 1 { // without points there is no chart
			d.SVG = labelled(svg, strings.Join(alt, ", "))
		}
		all = append(all, d)
	}
	return all
}

var zeros = regexp.MustCompile(`(\.\d*?)0+( |$)`)

// rounded returns a value as it stands at a scale: without zeros behind the point.
func rounded(text string) string {
	text = zeros.ReplaceAllString(text, "$1$2")
	return strings.TrimSuffix(strings.Replace(text, ". ", " ", 1), ".")
}

// labelled returns a drawing for those who do not see it, too.
func labelled(svg []byte, alt string) template.HTML {
	role := `<svg role="img" aria-label="` + template.HTMLEscapeString(alt) + `" `
	return template.HTML(role + strings.TrimPrefix(string(svg), "<svg ")) //nolint:gosec // of numbers and of our own texts
}
