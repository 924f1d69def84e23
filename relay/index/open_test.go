package index

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"readback/relay/message"
)

// An index answers that it is closed until it is open. Its directory may come later.
func TestOpenAgain(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "store")
	ix := New(filepath.Join(parent, "index"), slog.New(slog.DiscardHandler))
	c := &message.Conversation{}
	if _, _, err := ix.Head(c); !errors.Is(err, ErrClosed) {
		t.Errorf("before Open: %v, want %v", err, ErrClosed)
	}
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ix.Open(); err == nil {
		t.Fatal("an index was opened below a file")
	}
	if _, _, err := ix.Head(c); !errors.Is(err, ErrClosed) {
		t.Errorf("after a failed Open: %v, want %v", err, ErrClosed)
	}
	if err := os.Remove(parent); err != nil {
		t.Fatal(err)
	}
	for range 2 { // an index that is open stays as it is
		if err := ix.Open(); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := ix.Head(c); err != nil {
		t.Error(err)
	}
	if err := ix.Close(); err != nil {
		t.Error(err)
	}
	if err := ix.Open(); err != nil {
		t.Fatalf("after Close: %v", err)
	}
	t.Cleanup(func() {
		if err := ix.Close(); err != nil {
			t.Error(err)
		}
	})
}

// An index whose directory is gone says so, and can still be read. It writes nothing where it was.
func TestMoved(t *testing.T) {
	for name, move := range map[string]func(dir string) error{
		"removed":  os.RemoveAll,
		"moved":    func(dir string) error { return os.Rename(dir, dir+".away") },
		"replaced": func(dir string) error { return errors.Join(os.Rename(dir, dir+".away"), os.Mkdir(dir, 0o750)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "index")
			ix := openWith(t, dir)
			if err := ix.Err(); err != nil {
				t.Fatalf("before: %v", err)
			}
			if err := move(dir); err != nil {
				t.Fatal(err)
			}
			if err := ix.Err(); !errors.Is(err, ErrMoved) {
				t.Errorf("got %v, want %v", err, ErrMoved)
			}
			if got, err := ix.Route([]byte("a"), 9, 1); got != "bank" || err != nil {
				t.Errorf("route: got %q, %v, want it still", got, err)
			}
			if err := ix.Close(); err != nil {
				t.Error(err)
			}
			if files, err := os.ReadDir(dir); len(files) > 0 {
				t.Errorf("got %v, %v in its place, want nothing", files, err)
			}
			if err := ix.Open(); err != nil || ix.Err() != nil {
				t.Errorf("open again: got %v, %v", err, ix.Err())
			}
			if err := ix.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
