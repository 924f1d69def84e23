package ops

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"readback/relay/message"
)

// A key is made once, for its owner alone, and read from then on.
func TestOpenSubscriberKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store", SubscriberKeyFile)
	var keys [8]message.SubscriberKey
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = OpenSubscriberKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) || len(k) != 2*madeKey {
			t.Errorf("got keys %q and %q", k, keys[0])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want a file with mode 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
}

func TestReadSubscriberKey(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"with a line break", "0123456789abcdef\r\n", "0123456789abcdef"},
		{"binary", "\x00\n23456789abcdef\x80", "\x00\n23456789abcdef\x80"},
		{"too short", "0123456789abcde\n", ""},
		{"empty", "", ""},
		{"too long", strings.Repeat("x", maxKey+1), ""},
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := ReadSubscriberKey(path)
		if string(key) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: got %q, %v; want %q", tt.name, key, err, tt.want)
		}
		if again, e := OpenSubscriberKey(path); !bytes.Equal(again, key) || (e == nil) != (err == nil) {
			t.Errorf("%s: opened, got %q, %v; want it as it is read", tt.name, again, e)
		}
	}
	if _, err := ReadSubscriberKey(filepath.Join(t.TempDir(), "key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v, want %v", err, fs.ErrNotExist)
	}
}

// Where no key can be made, there is an error and nothing else.
func TestNoSubscriberKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if key, err := OpenSubscriberKey(filepath.Join(path, SubscriberKeyFile)); err == nil || key != nil {
		t.Errorf("got %q, %v; want an error", key, err)
	}
}
