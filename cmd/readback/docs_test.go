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
	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/numbering"
	"readback/internal/ops"
)

var update = flag.Bool("update", false, "write the generated parts of the pages anew")

// TestGeneratedTables holds the generated tables of the pages against the code that they come
// from. With -update it writes them.
func TestGeneratedTables(t *testing.T) {
	for _, table := range []struct{ name, page, want string }{
		{"settings", "configure.md", config.Reference()},
		{"pages", "configure.md", ops.Reference()},
		{"commands", "run.md", commandsTable()},
		{"metrics", "watch.md", startService(t, nil).metrics.Reference()},
		{"skips", "watch.md", skipsTable()},
	} {
		t.Run(table.name, func(t *testing.T) { holdTable(t, "../../docs/"+table.page, table.name, table.want) })
	}
}

func holdTable(t *testing.T, path, name, want string) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, got, after := generated(t, string(page), name)
	switch {
	case got == want:
	case *update:
		err = os.WriteFile(path, []byte(before+want+after), 0o644)
	default:
		t.Errorf("the table in %s is not what the code says: go test ./cmd/readback -run TestGeneratedTables -update", path)
	}
	if err != nil {
		t.Fatal(err)
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

// commandsTable has a row for each command that does something, in the order of their names, but for cobra's own.
func commandsTable() string {
	var b strings.Builder
	b.WriteString("| command | what it does |\n|---|---|\n")
	var add func(*cobra.Command)
	add = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" {
			return
		}
		if !isGroup(c) {
			_, use, _ := strings.Cut(c.UseLine(), " ")
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(strings.TrimSuffix(use, " [flags]"), "|", `\|`), c.Short)
		}
		for _, sub := range c.Commands() {
			add(sub)
		}
	}
	add(newCommand())
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
