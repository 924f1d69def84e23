package docpage

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func page(lines ...string) Page { return New("docs/page.md", strings.Join(lines, "\n")) }

func TestCommands(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  []Command
	}{
		{"plain", []string{"```", "readback status   # how it is", "```"}, []Command{{2, []string{"status"}, false}}},
		{"two on a line", []string{"```sh", "readback check && ./readback serve", "```"}, []Command{{2, []string{"check"}, false}, {2, []string{"serve"}, false}}},
		{"behind a pipe", []string{"```", `printf %s "$A | b" | readback hash-password`, "```"}, []Command{{2, []string{"hash-password"}, false}}},
		{"quotes", []string{"```", `readback why --account 'a b'"c"`, "```"}, []Command{{2, []string{"why", "--account", "a bc"}, false}}},
		{"continued", []string{"```", `readback why \`, `  --full`, "readback status", "```"}, []Command{{2, []string{"why", "--full"}, false}, {4, []string{"status"}, false}}},
		{"by go", []string{"```", "go run ./cmd/readback demo", "```"}, []Command{{2, []string{"demo"}, false}}},
		{"by others", []string{"```", "sudo -u readback readback check", "docker run readback:1.2 demo", "docker compose exec esme readback sim esme --addr readback:2775", "A=b /usr/bin/readback version", "```"}, []Command{
			{2, []string{"check"}, false},
			{3, []string{"demo"}, false},
			{4, []string{"sim", "esme", "--addr", "readback:2775"}, false},
			{5, []string{"version"}, false},
		}},
		{"console", []string{"```console", "$ readback status", "readback statuses", "```"}, []Command{{2, []string{"status"}, false}}},
		{"here document", []string{"```", "cat > f <<'END'", "readback x", "END", "readback status", "```"}, []Command{{5, []string{"status"}, false}}},
		{"no command", []string{"```", "ESME ══► readback ══► SMSC", "readback ── submit_sm", "readback receiver:1", "install readback /usr/bin", "sudo useradd readback", "sudo install -g readback /etc/readback", "```"}, nil},
		{"other language", []string{"```yaml", "readback status", "```"}, nil},
		{"in a sentence", []string{"`readback dead list|drop [--full]` and `readback` or `readback receiver:1`"}, []Command{
			{1, []string{"dead", "list", "--full"}, true}, {1, []string{"dead", "drop", "--full"}, true},
		}},
		{"quote without end", []string{"```", `readback why "`, "```"}, []Command{{2, []string{"why", ""}, false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := page(tt.lines...).Commands(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestCurls(t *testing.T) {
	got := page("`curl -X PUT http://a/b`", "```", `curl -d '{"a":1}' http://a/b | jq .`, "readback status", "```").Curls()
	want := []Command{{1, []string{"-X", "PUT", "http://a/b"}, true}, {3, []string{"-d", `{"a":1}`, "http://a/b"}, false}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnchors(t *testing.T) {
	p := page("# A page", "## Who may use `ops.addr`?", "## Twice", "## Twice", "```", "# no heading", "```", `<a id="own"></a>`, "### [Linked](x.md), ä_b")
	for _, want := range []string{"a-page", "who-may-use-opsaddr", "twice", "twice-1", "own", "linked-ä_b"} {
		if !p.Anchors()[want] {
			t.Errorf("no %q in %v", want, p.Anchors())
		}
	}
	if p.Anchors()["no-heading"] {
		t.Error("a comment in a block is a heading")
	}
}

func TestBroken(t *testing.T) {
	for target, want := range map[string]string{
		"https://example.org/a#b": "",
		"https://":                "no address of a web page",
		"htps://example.org":      "no address of a web page",
		"wire.md":                 "",
		"wire.md#no-such":         "docs/wire.md has no heading no-such",
		"../README.md":            "",
		"../deploy":               "",
		"nowhere.md":              "there is no docs/nowhere.md",
		"../deploy/nowhere.yaml":  "there is no deploy/nowhere.yaml",
	} {
		from := page("[a](" + target + "), `[code](nowhere.md)`")
		links := from.Links()
		if len(links) != 1 || links[0].Target != target {
			t.Errorf("%s: got links %v", target, links)
		} else if got := links[0].Broken(root, from); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
}

// TestLinks looks at the links of all pages.
func TestLinks(t *testing.T) {
	pages, err := ReadAll(root)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(pages, func(p Page) bool { return strings.HasPrefix(p.Path, "docs/adr/") }) {
		t.Error("the pages in docs/adr are missing")
	}
	for _, p := range pages {
		for _, l := range p.Links() {
			if broken := l.Broken(root, p); broken != "" {
				t.Errorf("%s:%d: %s: %s", p.Path, l.Line, l.Target, broken)
			}
		}
	}
}

// TestJSON reads the blocks in JSON, which may have several values.
func TestJSON(t *testing.T) {
	pages, err := ReadAll(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		for _, b := range p.Blocks() {
			if b.Language != "json" {
				continue
			}
			for dec := json.NewDecoder(strings.NewReader(strings.Join(b.Lines, "\n"))); dec.More(); {
				var v any
				if err := dec.Decode(&v); err != nil {
					t.Errorf("%s:%d: %v", p.Path, b.Line, err)
					break
				}
			}
		}
	}
}
