package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"readback/config"
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
