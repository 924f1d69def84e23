package handset

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var errDisk = errors.New("the disk fails")

// failing returns a sync that fails for files whose name ends so.
func failing(suffix string) func(*os.File) error {
	return func(f *os.File) error {
		if strings.HasSuffix(f.Name(), suffix) {
			return errDisk
		}
		return f.Sync()
	}
}

// compactionFailures make a compaction fail, and let the next one succeed.
var compactionFailures = []struct {
	name   string
	damage func(s *File) error
	repair func(s *File) error
}{
	{
		"the new file cannot be opened",
		func(s *File) error { return os.MkdirAll(s.path+".new/x", 0o700) },
		func(s *File) error { return os.RemoveAll(s.path + ".new") },
	},
	{
		"the disk is full",
		func(s *File) error { return os.Symlink("/dev/full", s.path+".new") },
		func(*File) error { return nil },
	},
	{
		"the new file is not on the disk",
		func(s *File) error { s.sync = failing(".new"); return nil },
		func(s *File) error { s.sync = (*os.File).Sync; return nil },
	},
	{
		"the name cannot be given",
		func(s *File) error {
			return errors.Join(os.Rename(s.path, s.path+".old"), os.MkdirAll(s.path+"/x", 0o700))
		},
		func(s *File) error {
			return errors.Join(os.RemoveAll(s.path), os.Rename(s.path+".old", s.path))
		},
	},
	{
		"the file cannot be read",
		func(s *File) (err error) {
			err = s.Close()
			if err == nil {
				s.f, err = os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND, 0)
			}
			return err
		},
		func(s *File) (err error) {
			err = s.Close()
			if err == nil {
				s.f, err = os.OpenFile(s.path, os.O_RDWR|os.O_APPEND, 0)
			}
			return err
		},
	},
}

// TestFileOutlivesAFailedCompaction makes a compaction fail in each way: the file is whole
// and goes on, and is compacted when that can be done again.
func TestFileOutlivesAFailedCompaction(t *testing.T) {
	for _, tt := range compactionFailures {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "reads")
			s, all := crowded(t, path)
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.damage(s); err != nil {
				t.Fatal(err)
			}
			if err := thin(s, all); err == nil {
				t.Error("a compaction that failed has no error")
			}
			more := responses(202)[200:]
			err = s.Add(more[0]) // while it fails still
			if err := errors.Join(err, tt.repair(s)); err != nil {
				t.Fatal(err)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(now, old) {
				t.Errorf("%d octets, %v, want the %d of before and what was added", len(now), err, len(old))
			}
			left := append(slices.Clone(all[len(all)-3:]), more[0])
			holds(t, path, left)
			if err := errors.Join(s.Add(more[1]), s.Remove([]string{"id-none"})); err != nil {
				t.Fatal(err)
			}
			if got := size(t, path); got >= minCompact || got != s.size {
				t.Errorf("%d octets after the next compaction, want %d, fewer than %d", got, s.size, minCompact)
			}
			holds(t, path, append(left, more[1]))
			if _, err := os.Lstat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the new file of before: %v, want it gone", err)
			}
		})
	}
}

// TestFileAddsOnTheDisk watches the disk: a response that is added is on it, and the name of
// a new file too.
func TestFileAddsOnTheDisk(t *testing.T) {
	d := &disk{t: t, dir: t.TempDir()}
	path := filepath.Join(d.dir, "reads")
	s := openFile(t, path)
	s.sync = d.sync
	for _, r := range responses(2) {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
		if i := slices.Index(d.synced, "reads"); i < 0 || !strings.Contains(string(d.images[i]["reads"]), r.ID) {
			t.Errorf("synced %v, want the file with %s", d.synced, r.ID)
		}
		if r.ID == "id-1" && !slices.Contains(d.synced, ".") {
			t.Errorf("synced %v, want the directory of a new file too", d.synced)
		}
		d.synced, d.images = nil, nil
	}
	if err := s.Remove([]string{"id-1"}); err != nil || !slices.Equal(d.synced, []string{"reads"}) {
		t.Errorf("synced %v, %v, want the removal on the disk", d.synced, err)
	}
}

// TestFileAddsBehindARenameOnTheDisk compacts when the directory cannot be synced: a crash
// could bring the old file back, so nothing is added until the new name is on the disk.
func TestFileAddsBehindARenameOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "reads")
	s, all := crowded(t, path)
	r := responses(1)[0]
	s.sync = failing(dir)
	if err := thin(s, all); !errors.Is(err, errDisk) {
		t.Errorf("compaction: got %v, want %v", err, errDisk)
	}
	r.ID = "id-new"
	if err := s.Add(r); !errors.Is(err, errDisk) {
		t.Errorf("add: got %v, want %v", err, errDisk)
	}
	s.sync = (*os.File).Sync
	if err := s.Add(r); err != nil {
		t.Error(err)
	}
	holds(t, path, append(slices.Clone(all[len(all)-3:]), r))
}

// TestFileKeepsNothingOfAFailedAdd fails to add: there is nothing of it, also when it cannot
// be cut off at once.
func TestFileKeepsNothingOfAFailedAdd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	s := openFile(t, path)
	all := responses(3)
	if err := s.Add(all[0]); err != nil {
		t.Fatal(err)
	}
	s.sync = failing("reads")
	if err := s.Add(all[1]); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want %v", err, errDisk)
	}
	holds(t, path, all[:1])
	s.sync = func(f *os.File) error { return errors.Join(errDisk, f.Close()) } // it cannot be cut either
	if err := s.Add(all[1]); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want %v", err, errDisk)
	}
	if err := s.Add(all[2]); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want %v", err, os.ErrClosed)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.f, s.sync = f, (*os.File).Sync
	if err := s.Add(all[2]); err != nil {
		t.Fatal(err)
	}
	holds(t, path, []Response{all[0], all[2]})
	if err := s.Remove([]string{all[0].ID, all[2].ID}); err != nil || size(t, path) != 0 {
		t.Errorf("%d octets, %v, want none, as nothing is kept", size(t, path), err)
	}
}
