package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryErrorSaysWhatToDo: each error of the broken configurations has a file, a line, a key and a hint.
func TestEveryErrorSaysWhatToDo(t *testing.T) {
	broken, err := filepath.Glob(filepath.Join(files, "bad_*.yaml"))
	if err != nil || len(broken) < 40 {
		t.Fatalf("got %d broken configurations, %v; want 40", len(broken), err)
	}
	for _, file := range broken {
		_, err := Load(file, nil)
		all, ok := errors.AsType[Errors](err)
		if !ok {
			t.Errorf("%s: got %v, want errors", file, err)
		}
		for _, e := range all {
			if e.File != file || e.Line == 0 || e.Key == "" && !isAboutFile(e) || e.Hint == "" {
				t.Errorf("%v", e)
			}
		}
	}
}

// isAboutFile reports whether an error is about the file as a whole.
func isAboutFile(e *Error) bool {
	return strings.HasPrefix(e.Problem, "not YAML: ") || strings.HasPrefix(e.Problem, "found ") || e.Problem == "a second document in the file"
}
