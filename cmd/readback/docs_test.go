package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"readback/config"
	"readback/internal/numbering"
)

var update = flag.Bool("update", false, "write the generated parts of the pages anew")

// TestOperationsPage holds the tables of the page against the code that they come from.
// With -update it writes them.
func TestOperationsPage(t *testing.T) {
	const path = "../../docs/operations.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for name, want := range map[string]string{
		"settings": config.Reference(),
		"skips":    skipsTable(),
		"metrics":  startService(t, nil).metrics.Reference(),
	} {
		before, got, after := generated(t, text, name)
		if got != want && !*update {
			t.Errorf("the table of %s in docs/operations.md is not what the code says: go test ./cmd/readback -run TestOperationsPage -update", name)
		}
		text = before + want + after
	}
	if *update && text != string(page) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func skipsTable() string {
	var b strings.Builder
	b.WriteString("| skip | why |\n|---|---|\n")
	for _, s := range numbering.Skips() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", s, s.Meaning())
	}
	return b.String()
}

// generated parts a page at the marks of a generated part.
func generated(t *testing.T, page, name string) (before, part, after string) {
	t.Helper()
	begin, end := "<!-- generated: "+name+" -->\n\n", "\n<!-- end of "+name+" -->"
	i, j := strings.Index(page, begin), strings.Index(page, end)
	if i < 0 || j < i {
		t.Fatalf("the page has no part for %s, between %q and %q", name, begin, end)
	}
	i += len(begin)
	return page[:i], page[i:j], page[j:]
}

// TestMetricsAreDeclared: what a gateway has at /metrics is what it has declared, and so in
// the page. Only the metrics of the Go runtime and of the process are somebody else's.
func TestMetricsAreDeclared(t *testing.T) {
	registry := startService(t, nil).metrics
	descs := make(chan *prometheus.Desc, 1000)
	registry.Describe(descs)
	close(descs)
	var got, want []string
	name := regexp.MustCompile(`fqName: "(readback_[^"]+)"`)
	for d := range descs {
		if m := name.FindStringSubmatch(d.String()); m != nil {
			got = append(got, m[1])
		}
	}
	for _, o := range registry.Declared() {
		want = append(want, o.Name)
		if o.Help == "" || !strings.HasSuffix(o.Help, ".") {
			t.Errorf("%s: help is %q, want a sentence", o.Name, o.Help)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestMetricsFromTheStart: an alert cannot be about a metric that appears only with the first fault. So a gateway
// that nobody has used yet has all metrics; those of the gateway's own binds in shared mode only.
func TestMetricsFromTheStart(t *testing.T) {
	for _, mode := range []string{"mirror", "shared"} {
		t.Run(mode, func(t *testing.T) {
			registry := startService(t, func(cfg *config.Config) {
				if cfg.SMSC.Mode = mode; mode == "shared" {
					cfg.SMSC.SystemID, cfg.SMSC.Password, cfg.SMSC.Binds = "gateway", "secret", 1
				}
			}).metrics
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			there := make(map[string]bool)
			for _, f := range families {
				there[f.GetName()] = true
			}
			for _, o := range registry.Declared() {
				if ofPool := o.Name == "readback_smsc_bind_up"; !there[o.Name] && (mode == "shared" || !ofPool) {
					t.Errorf("%s does not exist from the start", o.Name)
				}
			}
		})
	}
}
