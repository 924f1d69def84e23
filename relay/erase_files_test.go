package relay

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// indexFilesWith returns the files of the index, and those beside it, that have these octets.
func indexFilesWith(t *testing.T, store, octets string) (names []string) {
	t.Helper()
	within, err := filepath.Glob(filepath.Join(store, "index", "*"))
	beside, err2 := filepath.Glob(filepath.Join(store, "index.*"))
	if err := errors.Join(err, err2); err != nil || len(within) == 0 || len(beside) == 0 {
		t.Fatalf("got files %q and %q, %v", within, beside, err)
	}
	for _, name := range append(within, beside...) {
		data, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if strings.Contains(string(data), octets) {
			names = append(names, name)
		}
	}
	return names
}

// An erasure whose files could not be purged is not answered as done; it is purged with the next flush.
func TestErasePurgesLater(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	r := start(t, opt)
	r.submit(relaytest.Conversation(t, "10690001", "447700900123"), "id")
	if err := r.index.Flush(); err != nil {
		t.Fatal(err)
	}
	r.eraser.purge = func(context.Context) error { return errors.New("no room") }
	if code, body := r.call("DELETE", "/v1/receivers/447700900123", ""); code != 503 {
		t.Fatalf("got %d %s, want 503", code, body)
	}
	if files := indexFilesWith(t, opt.Store, "447700900123"); len(files) == 0 {
		t.Fatal("got no file with the number")
	}
	r.maintenance.flush(t.Context())
	if mark, err := r.index.Unpadded(); mark == nil || err != nil {
		t.Errorf("got %q, %v, want that the log is to be padded", mark, err)
	}
	if files := indexFilesWith(t, opt.Store, "447700900123"); len(files) > 0 {
		t.Errorf("got files %q of the index with the number", files)
	}
}

// After an erasure the log goes on in another file, so that the one with the number goes as soon as it has expired.
func TestEraseBeginsAnotherFileOfTheLog(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	r := start(t, opt)
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	r.submit(mine, "id")
	if code, body := r.call("DELETE", "/v1/receivers/447700900123", ""); code != 204 {
		t.Fatalf("got %d %s, want 204", code, body)
	}
	r.maintenance.flush(t.Context())
	for ctx := relaytest.Deadline(t); !r.ledger.IsPadded(); {
		if ctx.Err() != nil {
			t.Fatal("the log is not padded")
		}
	}
	r.maintenance.flush(t.Context())
	if mark, err := r.index.Unpadded(); mark != nil || err != nil {
		t.Errorf("got %q, %v, want that it is done", mark, err)
	}
	r.submit(other, "id")
	files, err := filepath.Glob(filepath.Join(opt.Store, "nats", "jetstream", "*", "streams", journal.Stream, "msgs", "*.blk"))
	if err != nil || len(files) != 2 {
		t.Fatalf("got files %q, %v, want two", files, err)
	}
	for i, number := range []string{"447700900123", "447700900124"} {
		data, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []string{"447700900123", "447700900124"} {
			if has := strings.Contains(string(data), n); has != (n == number) {
				t.Errorf("%s: has %s: got %v, want %v", files[i], n, has, n == number)
			}
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(opt.Store, "index")); err != nil {
		t.Fatal(err)
	}
	r = start(t, opt)
	if f := r.found(other, 1); f == nil {
		t.Error("read from the log again: got no message")
	}
	if f := r.found(mine, 1); f != nil {
		t.Errorf("read from the log again: got %+v of the erased receiver", f)
	}
}
