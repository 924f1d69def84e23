package archive

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProtect(t *testing.T) {
	dir := t.TempDir()
	store, outside := filepath.Join(dir, "store"), filepath.Join(dir, "outside")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(store, "index"), 0o700))
	modes := []struct {
		path         string
		before, want fs.FileMode
	}{
		{outside, 0o644, 0o644},
		{filepath.Join(store, "index/open"), 0o666, 0o600},
		{filepath.Join(store, "index/read"), 0o440, 0o400},
		{filepath.Join(store, "index/right"), 0o600, 0o600},
		{filepath.Join(store, "index"), 0o777, 0o700},
		{store, 0o755, 0o700},
	}
	for _, m := range modes {
		if !strings.HasSuffix(m.path, "index") && m.path != store {
			must(os.WriteFile(m.path, nil, 0o600))
		}
		must(os.Chmod(m.path, m.before))
	}
	must(os.Symlink(outside, filepath.Join(store, "link")))
	link := filepath.Join(dir, "to-store")
	must(os.Symlink(store, link))
	for _, want := range []int{4, 0} {
		if n, err := Protect(link); n != want || err != nil {
			t.Errorf("got %d corrected, %v, want %d", n, err, want)
		}
	}
	for _, m := range modes {
		info, err := os.Stat(m.path)
		must(err)
		if got := info.Mode().Perm(); got != m.want {
			t.Errorf("%s: got mode %o, want %o", m.path, got, m.want)
		}
	}
	if _, err := Protect(filepath.Join(dir, "none")); err == nil {
		t.Error("no store: got no error")
	}
}
