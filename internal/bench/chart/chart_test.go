package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// texts returns the texts of an SVG from its top to its bottom in the document.
func texts(t *testing.T, svg []byte) (all []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		token, err := d.Token()
		switch token := token.(type) {
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				all = append(all, text)
			}
		case nil:
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			return all
		}
	}
}

func TestSVG(t *testing.T) {
	c := Chart{
		Title: "µs & more", Labels: []string{"direct", "haproxy <tcp>"},
		Series: []Series{{"p50", []float64{0.1234, 2}}, {"p99", []float64{123.4, 3}}},
	}
	svg, err := c.SVG()
	if err != nil {
		t.Fatal(err)
	}
	got := texts(t, svg)
	for _, want := range []string{"µs & more", "direct", "haproxy <tcp>", "p50", "p99", "0.123", "2", "123"} {
		if !slices.Contains(got, want) {
			t.Errorf("got texts %q, want %q among them", got, want)
		}
	}
	if c.Labels[0] != "direct" || c.Series[0].Values[0] != 0.1234 {
		t.Error("drawing has changed the chart")
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]Chart{
		"no series": {Labels: []string{"a"}},
		"no labels": {Series: []Series{{"a", nil}}},
		"too few":   {Labels: []string{"a", "b"}, Series: []Series{{"a", []float64{1}}}},
	} {
		if _, err := c.SVG(); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
