package transport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLargeFiles: a file that is too large for what it should be is refused before it is in memory.
func TestLargeFiles(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large.pem")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maxRevoked+1); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() error{
		"authorities": func() error { _, err := ReadPool(large); return err },
		"certificate": func() error { _, err := readPair(large, large); return err },
		"revoked":     func() error { _, err := readRevoked(large, nil); return err },
	} {
		if err := read(); err == nil || !strings.Contains(err.Error(), "larger than ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
