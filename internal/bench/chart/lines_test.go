package chart

import (
	"slices"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	l := Lines{Labels: []string{"12:00", "12:01", "12:02"}, Series: [][]float64{{0, 50, 100}, {1, 2, 3}}}
	svg, err := l.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`class="s0"`, `class="s1"`, `class="text"`, `class="grid"`} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("there is no %s in %s", want, svg)
		}
	}
	for _, no := range []string{"style=", "rgb(", "font-family", "url("} {
		if strings.Contains(string(svg), no) {
			t.Errorf("there is %s in %s", no, svg)
		}
	}
	if got := texts(t, svg); !slices.Contains(got, "12:00") || !slices.Contains(got, "0") || !slices.Contains(got, "120") {
		t.Errorf("got texts %q", got)
	}
}

func TestLinesRefuse(t *testing.T) {
	for name, l := range map[string]Lines{
		"no series": {Labels: []string{"a"}},
		"no points": {Series: [][]float64{{}}},
		"too few":   {Labels: []string{"a", "b"}, Series: [][]float64{{1}}},
	} {
		if _, err := l.SVG(); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
