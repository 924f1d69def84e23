package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// In the last cell of a row, each package is followed by its tests.
var (
	named   = regexp.MustCompile("`((?:cmd|config|internal|relay|smpp|udh|handset|conversation|deploy)[a-z_./-]*)`|\\b((?:Test|Fuzz)\\w+)")
	defined = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// Each row of docs/security.md that promises something names the tests that show it, and these exist.
func TestSecurityPage(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs/security.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows, promises := 0, false
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		last := strings.TrimSpace(cells[len(cells)-1])
		switch {
		case !strings.HasPrefix(line, "|"):
			promises = false
		case last == "Test":
			promises = true
		case promises && !strings.HasPrefix(last, "---"):
			rows++
			if !namesTests(t, root, last) {
				t.Errorf("no test is named in: %s", line)
			}
		}
	}
	if rows < 50 {
		t.Errorf("got %d rows with tests, want all of the page", rows)
	}
}

// namesTests checks that the tests exist that a cell names, and reports whether it names any.
func namesTests(t *testing.T, root, cell string) (any bool) {
	t.Helper()
	tests := make(map[string]bool)
	for _, word := range named.FindAllStringSubmatch(cell, -1) {
		switch dir, test := word[1], word[2]; {
		case strings.HasPrefix(dir, "deploy/"): // a script
			if _, err := os.Stat(filepath.Join(root, dir)); err != nil {
				t.Error(err)
			}
			any = true
		case dir != "":
			tests = testsOf(t, filepath.Join(root, dir))
		default:
			if any = true; !tests[test] {
				t.Errorf("%s is not a test of the package before it: %s", test, cell)
			}
		}
	}
	return any
}

// testsOf returns the tests of a package.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s: no tests, %v", dir, err)
	}
	tests := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range defined.FindAllSubmatch(text, -1) {
			tests[string(found[1])] = true
		}
	}
	return tests
}
