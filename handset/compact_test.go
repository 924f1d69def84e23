package handset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// big are responses of some four hundred octets each.
func big(n int) []Response {
	all := responses(n)
	for i := range all {
		all[i].Proof = strings.Repeat("ab", 150)
		all[i].ReadAt = time.Date(2026, 11, 23, 8, 30, i%60, 0, time.UTC)
	}
	return all
}

// crowded opens a file that the removal of all but the last three of its responses
// compacts.
func crowded(t *testing.T, path string) (s *File, all []Response) {
	t.Helper()
	all = big(200)
	var b bytes.Buffer
	for i := range all {
		if err := json.NewEncoder(&b).Encode(record{Add: &all[i]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s = openFile(t, path)
	if err := s.syncDir(); err != nil {
		t.Fatal(err)
	}
	return s, all
}

// thin removes all but the last three.
func thin(s *File, all []Response) error {
	var gone []string
	for _, r := range all[:len(all)-3] {
		gone = append(gone, r.ID)
	}
	return s.Remove(gone)
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// holds checks what a file that is opened anew has.
func holds(t *testing.T, path string, want []Response) {
	t.Helper()
	s := openFile(t, path)
	if got, err := s.Load(); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %s, %v, want %s", ids(got), err, ids(want))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestFileStaysSmall adds and removes: the file does not grow with what is done with.
func TestFileStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	s := openFile(t, path)
	const live = 3
	all := big(100)
	for i := range all {
		all[i].Proof = strings.Repeat("cd", 1000) // in all, three times what is small enough
	}
	most, compacted := int64(0), 0
	for i, r := range all {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
		before := s.f
		if i >= live {
			if err := s.Remove([]string{all[i-live].ID}); err != nil {
				t.Fatal(err)
			}
		}
		if s.f != before {
			compacted++
		}
		if got := size(t, path); got != s.size {
			t.Fatalf("%d octets after %d responses, want %d", got, i+1, s.size)
		}
		most = max(most, s.size)
	}
	if most < minCompact/2 || most >= minCompact || compacted < 2 {
		t.Errorf("at most %d octets and %d compactions, want fewer than %d, and two", most, compacted, minCompact)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want it for the user alone", info.Mode(), err)
	}
	holds(t, path, all[len(all)-live:])
	if err := s.Remove([]string{"id-98", "id-99", "id-100", "id-none"}); err != nil {
		t.Fatal(err)
	}
	if got := size(t, path); got != 0 {
		t.Errorf("%d octets when all are removed, want none", got)
	}
}

// TestFileIsNotCompactedInVain removes a few of many: what lives has its room.
func TestFileIsNotCompactedInVain(t *testing.T) {
	s, all := crowded(t, filepath.Join(t.TempDir(), "reads"))
	before := s.f
	if s.size < minCompact {
		t.Fatalf("%d octets, want more than %d", s.size, minCompact)
	}
	if err := s.Remove([]string{all[0].ID}); err != nil || s.f != before {
		t.Errorf("compacted: %v, %v, want no compaction of %d responses", s.f != before, err, len(s.live))
	}
}

// disk watches what is synced, and sees what a crash at that time would leave.
type disk struct {
	t      *testing.T
	dir    string
	synced []string
	images []map[string][]byte // the files of dir at each sync, by name
}

func (d *disk) sync(f *os.File) error {
	name, err := filepath.Rel(d.dir, f.Name())
	if err != nil {
		d.t.Error(err)
	}
	d.synced = append(d.synced, name)
	d.images = append(d.images, d.image())
	return nil
}

func (d *disk) image() map[string][]byte {
	all := make(map[string][]byte)
	files, err := os.ReadDir(d.dir)
	if err != nil {
		d.t.Error(err)
	}
	for _, f := range files {
		if all[f.Name()], err = os.ReadFile(filepath.Join(d.dir, f.Name())); err != nil {
			d.t.Error(err)
		}
	}
	return all
}

// restart opens what a crash has left: it is all that was kept, and it goes on from there.
func restart(t *testing.T, image map[string][]byte, want []Response) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range image {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "reads")
	holds(t, path, want)
	s := openFile(t, path)
	more := Response{ID: "id-more", Receiver: "1", Status: Read}
	if err := s.Add(more); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove([]string{"id-none"}); err != nil { // compacts, if that is due
		t.Fatal(err)
	}
	if got := size(t, path); got >= minCompact {
		t.Errorf("%d octets after a compaction, want fewer than %d", got, minCompact)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("files %v, %v, want reads alone", files, err)
	}
	holds(t, path, append(slices.Clone(want), more))
}

// TestFileSurvivesACrashInACompaction crashes at each step of one, and in the middle of the
// writing.
func TestFileSurvivesACrashInACompaction(t *testing.T) {
	d := &disk{t: t, dir: t.TempDir()}
	s, all := crowded(t, filepath.Join(d.dir, "reads"))
	s.sync = d.sync
	if err := thin(s, all); err != nil {
		t.Fatal(err)
	}
	left := all[len(all)-3:]
	if want := []string{"reads", "reads.new", "."}; !slices.Equal(d.synced, want) {
		t.Fatalf("synced %v, want the removal, the new file and its new name: %v", d.synced, want)
	}
	old, written, renamed := d.images[0], d.images[1], d.images[2]
	if !bytes.Equal(written["reads"], old["reads"]) {
		t.Error("the file has changed before the new one was on the disk")
	}
	if !bytes.Equal(renamed["reads"], written["reads.new"]) || len(renamed) != 1 {
		t.Error("the name was not given to what was synced")
	}
	for i, image := range d.images {
		t.Run(fmt.Sprint("at the sync of ", d.synced[i]), func(t *testing.T) { restart(t, image, left) })
	}
	whole := written["reads.new"]
	for n := 0; n <= len(whole); n += 1 + len(whole)/16 {
		half := map[string][]byte{"reads": old["reads"], "reads.new": whole[:n]}
		t.Run(fmt.Sprintf("%d octets written", n), func(t *testing.T) { restart(t, half, left) })
	}
	long := map[string][]byte{"reads": old["reads"], "reads.new": bytes.Repeat([]byte("x\n"), 1<<16)}
	t.Run("another one of before", func(t *testing.T) { restart(t, long, left) })
}
