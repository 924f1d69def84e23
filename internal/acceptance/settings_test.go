//go:build e2e

package acceptance

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// settings are the keys of a configuration that are not as they are by default.
type settings map[string]any

// free are the settings of a gateway on free ports, with a store of its own.
func free(t *testing.T) settings {
	return settings{
		"listen.addr": "127.0.0.1:0", "reads.addr": "127.0.0.1:0", "ops.addr": "127.0.0.1:0",
		"relay.store": t.TempDir(), "track.when": "all",
	}
}

// with returns the settings and others, which go first.
func (s settings) with(others settings) settings {
	all := maps.Clone(s)
	maps.Copy(all, others)
	return all
}

// The credentials of the ESMEs, and those of the gateway towards the SMSC.
const (
	password  = "secret"
	gatewayID = "gateway"
)

// bank and shop are the accounts.
var accounts = []string{"bank", "shop"}

// shared are the settings of shared mode with so many binds.
func shared(t *testing.T, binds int) settings {
	t.Helper()
	s := settings{
		"smsc.mode": "shared", "smsc.system_id": gatewayID, "smsc.binds": binds,
		"smsc.password_file": writeFile(t, t.TempDir(), "password", password),
	}
	hash, err := passwordHash()
	if err != nil {
		t.Fatalf("hash-password: %v", err)
	}
	for _, a := range accounts {
		s["accounts."+a+".password_hash"] = hash
	}
	return s
}

// passwordHash has the program make the hash of the password.
var passwordHash = sync.OnceValues(func() (string, error) {
	cmd := exec.Command(program, "hash-password")
	cmd.Stdin = strings.NewReader(password)
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
})

// write writes the settings as a configuration file. JSON is YAML.
func (s settings) write(t *testing.T) string {
	t.Helper()
	tree := map[string]any{}
	for key, value := range s {
		at, words := tree, strings.Split(key, ".")
		for _, w := range words[:len(words)-1] {
			if at[w] == nil {
				at[w] = map[string]any{}
			}
			at = at[w].(map[string]any)
		}
		at[words[len(words)-1]] = value
	}
	text, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, t.TempDir(), "readback.yaml", string(text))
}

// writeFile writes a file at once, whole, and returns its path.
func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	err := os.WriteFile(path+".new", []byte(text), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
