package index

import (
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/vfs"
)

// fullFor has no room for the recent batches behind so many octets.
type fullFor struct {
	vfs.FS
	room int
}

func (d *fullFor) Create(name string) (vfs.File, error) {
	f, err := d.FS.Create(name)
	if err == nil && strings.Contains(name, ".recent") {
		f = &fullFile{f, d}
	}
	return f, err
}

type fullFile struct {
	vfs.File
	disk *fullFor
}

func (f *fullFile) Write(b []byte) (int, error) {
	if f.disk.room -= len(b); f.disk.room < 0 {
		n, _ := f.File.Write(b[:max(len(b)+f.disk.room, 0)])
		return n, &fs.PathError{Op: "write", Err: syscall.ENOSPC}
	}
	return f.File.Write(b)
}

// Recent batches for which there is no room are in the log only. The index goes on, says so once, and keeps
// what there was room for.
func TestRecentFullDisk(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	room := 3*12 + len(all[4]) + len(all[5]) + 5 // for two, and some of the third
	disk := &fullFor{FS: vfs.NewMem(), room: room}
	l := begin(t, disk, logOf(1, all[:4]...), 0)
	l.apply(t, 5, all[4:]...)
	if n := l.lines.Count("level=WARN"); n != 1 {
		t.Errorf("got %d lines of level WARN, want 1:\n%q", n, l.lines.All)
	}
	l.at = l.a.Position()
	l.wantMessages(t, 10)
	if err := l.Discard(); err != nil {
		t.Fatal(err)
	}
	l = begin(t, disk.FS, logOf(1, all[:4]...), 1)
	l.wantMessages(t, 6)
}

// After a flush the batches before it are not kept, and after a clean stop none are. A flush that failed
// leaves them.
func TestRecentFiles(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	mem := vfs.NewMem()
	l := begin(t, mem, logOf(1, all[:4]...), 0)
	size := func(name string) int { return len(readFile(t, mem, name)) }
	l.apply(t, 5, all[4:6]...)
	if got, want := size("index.recent"), 2*12+len(all[4])+len(all[5]); got != want {
		t.Errorf("two batches: got %d octets, want %d", got, want)
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := size("index.recent") + size("index.recent.previous"); got != 0 {
		t.Errorf("flushed: got %d octets, want none", got)
	}
	l.apply(t, 7, all[6])
	l.recent.rotate() // and the flush fails
	l.apply(t, 8, all[7])
	l.recent.rotate() // and fails again
	l.apply(t, 9, all[8])
	if got, want := size("index.recent.previous"), 12+len(all[6]); got != want {
		t.Errorf("flush failed: got %d octets, want %d", got, want)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if names, err := mem.List(""); err != nil || len(names) != 1 {
		t.Errorf("stopped: got files %q, %v, want the index alone", names, err)
	}
}
