package handset

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func ids(all []Response) string {
	var b []string
	for _, r := range all {
		b = append(b, strings.TrimPrefix(r.ID, "id-"))
	}
	return strings.Join(b, " ")
}

func openFile(t *testing.T, path string) *File {
	t.Helper()
	s, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func kept(t *testing.T, s *File) string {
	t.Helper()
	all, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	return ids(all)
}

// TestFileCuts loses the end of the file, octet by octet: what had been added whole is
// there, and more can be added.
func TestFileCuts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	s := openFile(t, path)
	all := responses(4)
	var ends []int64
	for _, r := range all[:3] {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, s.size)
	}
	if err := s.Remove([]string{all[1].ID}); err != nil {
		t.Fatal(err)
	}
	ends = append(ends, s.size)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"", "1", "1 2", "1 2 3", "1 3"}
	cut := filepath.Join(t.TempDir(), "cut")
	for n := range len(whole) + 1 {
		if err := os.WriteFile(cut, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		lines := 0
		for lines < len(ends) && int64(n) >= ends[lines] {
			lines++
		}
		c := openFile(t, cut)
		c.sync = func(*os.File) error { return nil } // what a crash leaves is in other tests
		if got := kept(t, c); got != want[lines] {
			t.Fatalf("cut to %d octets: got %s, want %s", n, got, want[lines])
		}
		if err := c.Add(all[3]); err != nil {
			t.Fatal(err)
		}
		if got, want := kept(t, openFile(t, cut)), strings.TrimSpace(want[lines]+" 4"); got != want {
			t.Fatalf("cut to %d octets, then added: got %s, want %s", n, got, want)
		}
	}
}

func TestFilePassesOverWhatItCannotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	s := openFile(t, path)
	for _, r := range responses(2) {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
		if _, err := s.f.WriteString("nonsense\n{}\n"); err != nil {
			t.Fatal(err)
		}
		s = openFile(t, path)
	}
	if got := kept(t, s); got != "1 2" {
		t.Errorf("got %s, want 1 2", got)
	}
}

// TestFileForgetsNothingItCannotRead fails to read the file once: what is kept does not
// depend on it.
func TestFileForgetsNothingItCannotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	s := openFile(t, path)
	all := responses(4)
	for _, r := range all[:3] {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	readable := s.f
	writable, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.f = writable
	if _, err := s.Load(); err == nil {
		t.Fatal("a file that cannot be read was loaded")
	}
	s.f = readable
	if err := errors.Join(writable.Close(), s.Remove([]string{all[0].ID})); err != nil {
		t.Fatal(err)
	}
	s.torn = true // as after a write that failed
	if err := s.Add(all[3]); err != nil {
		t.Fatal(err)
	}
	if got, want := kept(t, openFile(t, path)), "2 3 4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFileKeepsWhatIsAddedAgain adds another response under an ID that was removed, and one
// twice, which stays where it was.
func TestFileKeepsWhatIsAddedAgain(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "reads"))
	all := responses(3)
	again := all[0]
	again.Number = 77
	for _, err := range []error{
		s.Add(all[0]), s.Add(all[1]), s.Remove([]string{all[0].ID}), s.Add(again), s.Add(all[2]), s.Add(all[1]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Load()
	if want := []Response{all[1], again, all[2]}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// TestFileTellsWhatItDidNotKeep closes the file under the store.
func TestFileTellsWhatItDidNotKeep(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "reads"))
	q, err := OpenQueue(Options{Store: s, Send: new(script).send})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := q.Put(responses(1)[0]); !errors.Is(err, os.ErrClosed) || q.Len() != 0 {
		t.Errorf("got %v and %d responses, want %v and none", err, q.Len(), os.ErrClosed)
	}
	if _, err := OpenFile(t.TempDir()); err == nil {
		t.Error("a directory was opened")
	}
}
