package relay

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"readback/relay/relaytest"
)

// What others could only list, as mkdir and packages make it, is no warning. What they could read or change is.
func TestStoreWasOpen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		dir, file os.FileMode
		want      string
	}{
		{"mkdir", 0o755, 0o600, "level=INFO msg=\"store directory is for its owner alone now: permissions corrected\" store=STORE before=0755 now=0700\n"},
		{"for all to write", 0o777, 0o600, "level=WARN msg=\"other users could use the store: permissions corrected\" store=STORE files=1\n"},
		{"a file", 0o700, 0o644, "level=WARN msg=\"other users could use the store: permissions corrected\" store=STORE files=1\n"},
		{"both", 0o755, 0o644, "level=WARN msg=\"other users could use the store: permissions corrected\" store=STORE files=2\n"},
		{"private", 0o700, 0o600, ""},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "old")
		err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chmod(file, tt.file), os.Chmod(dir, tt.dir))
		if err != nil {
			t.Fatal(err)
		}
		var log relaytest.LogLines
		(&store{dir: dir, log: log.Logger()}).protect()
		if got := strings.Join(log.All, ""); !strings.HasSuffix(strings.ReplaceAll(got, dir, "STORE"), tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// The store is for its owner alone, also if others could use it before.
func TestStoreIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "old")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		var log bytes.Buffer
		s := &store{dir: dir, log: slog.New(slog.NewTextHandler(&log, nil))}
		if err := s.openLock(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "permissions corrected"); got != want {
			t.Errorf("log: got %q, want a line %t", log.String(), want)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, file: 0o600, filepath.Join(dir, "LOCK"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got mode %o, want %o", path, got, want)
		}
	}
}
