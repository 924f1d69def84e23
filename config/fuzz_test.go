package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzDecode feeds the tree walk any octets: it must come back, each complaint
// must have its place, and what was accepted must be within its bounds.
func FuzzDecode(f *testing.F) {
	paths, _ := filepath.Glob(filepath.Join(files, "*.yaml"))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("track: &a {numbers: *a}"))
	f.Add([]byte("accounts: &a {b: *a}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := newLoader("fuzz.yaml")
		l.decode(data)
		cfg, err := l.finish()
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "fuzz.yaml:") {
					t.Errorf("no place in %q", line)
				}
			}
			return
		}
		if n := cfg.Relay.Numbers; int(n.Last)-int(n.First)+1 < fewest {
			t.Errorf("accepted numbers %v", n)
		}
		if cfg.SMSC.Mode == shared && (len(cfg.Accounts) == 0 || cfg.SMSC.Password == "") {
			t.Errorf("accepted shared mode with %d accounts and password %q", len(cfg.Accounts), cfg.SMSC.Password)
		}
		if cfg.Listen.Addr == "" && cfg.Listen.TLS.Addr == "" {
			t.Error("accepted no address")
		}
		for id := range cfg.Accounts {
			if len(id) == 0 || len(id) > 15 {
				t.Errorf("accepted system_id %q", id)
			}
			if cfg.SMSC.Mode == shared && cfg.Accounts[id].PasswordHash == "" {
				t.Errorf("accepted %q without a hash", id)
			}
		}
	})
}
