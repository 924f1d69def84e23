package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"readback/config"
)

// Each command that help lists has its page, and the page of the configuration has every key. Two runs of one
// build write the same.
func TestManPages(t *testing.T) {
	t.Setenv(sourceDate, "1700000000")
	first, second := manPages(t), manPages(t)
	for _, cmd := range newCommand().Commands() {
		name := "readback-" + cmd.Name() + ".1"
		if _, ok := first[name]; ok != cmd.IsAvailableCommand() {
			t.Errorf("%s: got %v, want %v", name, ok, !ok)
		}
	}
	settings := strings.ReplaceAll(first["readback.yaml.5"], `\`, "")
	for _, s := range config.Settings() {
		if !strings.Contains(settings, s.Key) {
			t.Errorf("readback.yaml(5) does not have %s", s.Key)
		}
	}
	for name, text := range first {
		if second[name] != text {
			t.Errorf("%s: the second run writes something else", name)
		}
		if !strings.Contains(text, `"Nov 2023"`) {
			t.Errorf("%s does not have the date of %s", name, sourceDate)
		}
	}
}

// manPages returns the man pages by the names of their files.
func manPages(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	root := newCommand()
	root.SetArgs([]string{"man", dir})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	pages := make(map[string]string)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(f)] = string(text)
	}
	return pages
}

func TestManPagesWithoutDate(t *testing.T) {
	t.Setenv(sourceDate, "yesterday")
	root := newCommand()
	root.SetArgs([]string{"man", t.TempDir()})
	if err := root.Execute(); err == nil || !strings.Contains(err.Error(), sourceDate) {
		t.Errorf("got %v, want an error that names %s", err, sourceDate)
	}
}
