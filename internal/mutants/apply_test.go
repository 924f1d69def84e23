package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestApply(t *testing.T) {
	const text = "package tiny\n\nfunc f(a, b int) int {\n\ta++\n\tb++\n\ta++\n\treturn a + b\n}\n"
	tests := []struct {
		name   string
		change []replacement
		want   string // in the result
		err    string
	}{
		{"one line", []replacement{{"\tb++", "\tb--"}}, "a++\n\tb--\n\ta++", ""},
		{"part of a line", []replacement{{"a + b", "a - b"}}, "return a - b\n", ""},
		{"lines", []replacement{{"\tb++\n\ta++", "\tb--"}}, "a++\n\tb--\n\treturn", ""},
		{"two texts", []replacement{{"\tb++", ""}, {"a + b", "a"}}, "a++\n\n\ta++\n\treturn a\n", ""},
		{"not there", []replacement{{"\tc++", ""}}, "", "tiny.go has this text 0 times, want once:\n\tc++"},
		{"twice", []replacement{{"\ta++", ""}}, "", "tiny.go has this text 2 times, want once:\n\ta++"},
		{"second not there", []replacement{{"\tb++", ""}, {"\tb++", "b"}}, "", "tiny.go has this text 0 times"},
		{"not Go", []replacement{{"a + b", "a +"}}, "", "with the change it is not Go: tiny.go:8:1: expected operand"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := apply(edit{file: "tiny.go", change: tt.change}, text)
			switch {
			case tt.err == "" && err != nil:
				t.Error(err)
			case tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)):
				t.Errorf("got error %v, want %q", err, tt.err)
			case !strings.Contains(got, tt.want):
				t.Errorf("got %s\nwant %q in it", got, tt.want)
			}
		})
	}
}

func TestApplyAll(t *testing.T) {
	root := t.TempDir()
	writeFiles(t, root, map[string]string{"a/a.go": "package a\n\nvar x = 1\n"})
	edits := []edit{
		{at: "e.txt:1", id: "good", file: "a/a.go", change: []replacement{{"x = 1", "x = 2"}}},
		{at: "e.txt:9", id: "gone", file: "a/b.go", change: []replacement{{"x = 1", "x = 2"}}},
		{at: "e.txt:18", id: "moved", file: "a/a.go", change: []replacement{{"y = 1", "y = 2"}}},
	}
	faults, err := applyAll(root, edits[:1])
	if err != nil || len(faults) != 1 || faults[0].text != "package a\n\nvar x = 2\n" {
		t.Errorf("got %+v, %v; want one with x = 2", faults, err)
	}
	_, err = applyAll(root, edits)
	if err == nil {
		t.Fatal("got no error, want two")
	}
	lines := strings.Split(filepath.ToSlash(err.Error()), "\n")
	for i, want := range []string{"e.txt:9: gone: open ", "e.txt:18: moved: a/a.go has this text 0 times"} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("got error %v, want %q in line %d", err, want, i)
		}
	}
}
