package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const files = "../testdata/config"

// wanted returns the comment lines of a file that begin with the word, each with
// the file's name before it as messages have it.
func wanted(t *testing.T, path, word string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range bytes.Lines(data) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "# "+word+": "); ok {
			all = append(all, path+":"+rest)
		}
	}
	return all
}

func TestFiles(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(files, "*.yaml"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("files: got %d (%v), want at least 10", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			want := wanted(t, path, "want")
			cfg, err := Load(path, nil)
			var got []string
			if list, ok := errors.AsType[Errors](err); ok {
				got = strings.Split(list.Error(), "\n")
			} else if err != nil {
				t.Fatalf("error of type %T, want Errors", err)
			}
			compareLines(t, "error", got, want)
			if strings.HasPrefix(filepath.Base(path), "bad") != (len(want) > 0) {
				t.Errorf("name of the file and its wanted errors (%d) differ", len(want))
			}
			if len(want) == 0 {
				compareLines(t, "warning", cfg.Warnings, wanted(t, path, "warn"))
			}
		})
	}
}

func compareLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s %d\n got %s\nwant %s", what, i, g, w)
		}
	}
}
