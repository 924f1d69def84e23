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
