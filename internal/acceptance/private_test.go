//go:build e2e

package acceptance

import (
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
)

// Whatever the umask, only the user of the gateway can use the store.
func TestStoreIsPrivate(t *testing.T) {
	ctx := within(t)
	store := filepath.Join(t.TempDir(), "store")
	config := free(t).with(settings{"smsc.addr": "127.0.0.1:1", "relay.store": store}).write(t)
	before := syscall.Umask(0)
	defer syscall.Umask(before)
	startGateway(ctx, t, config)
	seen := 0
	err := filepath.WalkDir(store, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // a file that is there for a moment
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if seen++; info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: got mode %o, want none for others", path, info.Mode().Perm())
		}
		return nil
	})
	if err != nil || seen < 10 {
		t.Errorf("got %d files, %v, want some", seen, err)
	}
}
