package handset

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// limit lets no file of the process grow beyond n octets, until the function that it returns
// is called.
func limit(t *testing.T, n int64) (end func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(n), Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}
}

// TestFileCutsOffHalfALine has room for a part of a response only: the file is as before, and
// the next one is whole.
func TestFileCutsOffHalfALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	s := openFile(t, path)
	all := responses(2)
	if err := s.Add(all[0]); err != nil {
		t.Fatal(err)
	}
	before := s.size
	end := limit(t, before+20)
	err := s.Add(all[1])
	end()
	if !errors.Is(err, syscall.EFBIG) || size(t, path) != before {
		t.Errorf("got %v and %d octets, want %v and %d", err, size(t, path), syscall.EFBIG, before)
	}
	holds(t, path, all[:1])
	if err := s.Add(all[1]); err != nil {
		t.Fatal(err)
	}
	holds(t, path, all)
}

// TestFileOutlivesHalfACompaction has room for a part of the new file only.
func TestFileOutlivesHalfACompaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	s, all := crowded(t, path)
	end := limit(t, 100)
	err := s.rewrite()
	end()
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("got %v, want %v", err, syscall.EFBIG)
	}
	holds(t, path, all)
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new file: %v, want it gone", err)
	}
}
