//go:build faults

package faults

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"readback/internal/promise"
	"readback/internal/seed"
)

// newDisk mounts a small file system. It needs root.
func newDisk(t *testing.T) string {
	t.Helper()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("no file system can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	return disk
}

// fill takes all room on a disk.
func fill(t *testing.T, disk string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(disk, "filler"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	for chunk := make([]byte, 64<<10); err == nil; {
		if _, err = f.Write(chunk); err != nil && len(chunk) > 1 {
			chunk, err = chunk[:1], nil // the last octets
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	_ = f.Close() // it is full
}

// TestFullDisk fills the disk of the store, and makes room again. SIGTERM ends the process while it is
// full, and it starts on a full disk.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, seed.Rand(t), nil, "", nil)
	disk := newDisk(t)
	w.store = filepath.Join(disk, "store")
	w.configure(nil)
	w.run()
	p := w.launch()
	p.awaitUp()
	for i := range 2 * factor {
		rest(w.ctx, 1500*time.Millisecond)
		from := w.book.now()
		fill(t, disk)
		rest(w.ctx, 2*time.Second)
		switch i % 3 {
		case 1:
			w.book.add(promise.Event{Kind: promise.Severed})
			p.stop()
			p = w.launch()
			rest(w.ctx, 2*time.Second)
		case 2:
			p.kill()
			p = w.launch()
			rest(w.ctx, time.Second)
		}
		if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
			t.Fatal(err)
		}
		p.awaitUp()
		w.book.doubt(from)
	}
	w.reckon(p)
	w.book.judge(t, promise.SkippedFar, promise.FeedbackTwice) // numbers are given back, and acknowledgements lost
}

// TestStoreVanishes removes or moves the store while the gateway runs. It opens another one. What was in
// the store is lost, and an ERROR says so.
func TestStoreVanishes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		vanish func(store string) error
	}{
		{"removed", os.RemoveAll},
		{"moved", func(store string) error { return os.Rename(store, store+".away") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, seed.Rand(t), nil, filepath.Join(t.TempDir(), "store"), nil)
			w.run()
			p := w.launch()
			p.awaitUp()
			rest(w.ctx, 2*time.Second)
			from := w.book.now()
			if err := tt.vanish(w.store); err != nil {
				t.Fatal(err)
			}
			w.book.add(promise.Event{Kind: promise.Damaged, Text: tt.name, Reported: true})
			rest(w.ctx, 3*time.Second)
			p.awaitUp()
			rest(w.ctx, time.Second)
			w.book.doubt(from)
			w.book.add(promise.Event{Kind: promise.Lost, Since: 0, Text: tt.name})
			w.book.add(promise.Event{Kind: promise.Severed})
			rest(w.ctx, time.Second)
			w.reckon(p)
			w.book.judge(t, promise.SkippedFar, promise.FeedbackTwice)
		})
	}
}
