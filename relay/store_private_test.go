package relay

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
