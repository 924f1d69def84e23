package docpage

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ofThisRelease returns the pages that describe this release: CHANGELOG.md and the decisions are of the past.
func ofThisRelease(t *testing.T) (all []Page) {
	t.Helper()
	pages, err := ReadAll(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if p.Path != "CHANGELOG.md" && !strings.HasPrefix(p.Path, "docs/adr/") {
			all = append(all, p)
		}
	}
	return all
}

// TestPaths looks for the files of the source that the pages name.
func TestPaths(t *testing.T) {
	named := regexp.MustCompile("`((?:cmd|config|conversation|deploy|docs|handset|internal|relay|smpp|testdata|udh)/[\\w./*-]+)`")
	for _, p := range ofThisRelease(t) {
		for i, text := range p.lines {
			for _, m := range named.FindAllStringSubmatch(text, -1) {
				if found, err := filepath.Glob(filepath.Join(root, m[1])); err != nil || len(found) == 0 {
					t.Errorf("%s:%d: there is no %s", p.Path, i+1, m[1])
				}
			}
		}
	}
}

// TestTargets looks for the targets of make that the pages name.
func TestTargets(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("(?:^|`)make ([a-z][a-z0-9-]*)")
	for _, p := range ofThisRelease(t) {
		for i, text := range p.lines {
			for _, m := range named.FindAllStringSubmatch(text, -1) {
				if !regexp.MustCompile(`(?m)^` + m[1] + `\s*:`).Match(makefile) {
					t.Errorf("%s:%d: the Makefile has no %s", p.Path, i+1, m[1])
				}
			}
		}
	}
}

// TestNames looks for the tests that the pages name.
func TestNames(t *testing.T) {
	there := testNames(t)
	named := regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+`)
	for _, p := range ofThisRelease(t) {
		for i, text := range p.lines {
			for _, name := range named.FindAllString(text, -1) {
				if isExample := strings.HasPrefix(text, "func "+name); !there[name] && !isExample {
					t.Errorf("%s:%d: there is no test %s", p.Path, i+1, name)
				}
			}
		}
	}
}

// testNames returns the names of all tests.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		for _, m := range declared.FindAllSubmatch(text, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
