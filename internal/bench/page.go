package bench

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// The generated part of a page stands between these lines.
const (
	pageBegin = "<!-- begin: readback bench -->\n"
	pageEnd   = "<!-- end: readback bench -->\n"
)

// CheckPage reports whether WritePage finds where the tables go.
func CheckPage(file string) error {
	_, _, err := cutPage(file)
	return err
}

// cutPage returns what is before and after the generated part of a page.
func cutPage(file string) (before, after []byte, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	before, rest, ok1 := bytes.Cut(text, []byte(pageBegin))
	_, after, ok2 := bytes.Cut(rest, []byte(pageEnd))
	if !ok1 || !ok2 {
		return nil, nil, fmt.Errorf("%s has no lines %q and %q to put the tables between", file, strings.TrimSpace(pageBegin), strings.TrimSpace(pageEnd))
	}
	return before, after, nil
}

// WritePage puts the tables into a page in Markdown, in place of those of an earlier run. The charts are in
// the directory charts, in relation to the page; empty: there are none.
func (r Report) WritePage(file, charts string) error {
	before, after, err := cutPage(file)
	if err != nil {
		return err
	}
	page := slices.Concat(before, []byte(pageBegin), []byte(r.markdown(charts)), []byte(pageEnd), after)
	return os.WriteFile(file, page, 0o644)
}

// markdown returns the tables with the charts.
func (r Report) markdown(charts string) string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "\n%s.\n", strings.ReplaceAll(r.heading(), "\n", "; "))
	for _, t := range r.Tables {
		_, _ = fmt.Fprintf(&b, "\n### %s\n\n", capital(t.Title))
		markdownTable(&b, t.cells())
		if charts != "" {
			_, _ = fmt.Fprintf(&b, "\n![%s](%s)\n", t.Title, path.Join(charts, t.file()))
		}
	}
	if len(r.Idle) > 0 {
		b.WriteString("\n### Idle sessions\n\n")
		markdownTable(&b, idleCells(r.Idle))
	}
	if rates := r.rates(); charts != "" && len(rates.Series) > 0 {
		_, _ = fmt.Fprintf(&b, "\n### Messages a second\n\n![%s](%s)\n", rates.Title, path.Join(charts, "rates.svg"))
	}
	b.WriteString("\n")
	return b.String()
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// markdownTable writes cells, of which the first row are the titles.
func markdownTable(b *strings.Builder, cells [][]string) {
	for i, row := range cells {
		_, _ = fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
}
