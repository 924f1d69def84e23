package cdr

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// mortal lets so many steps on files succeed. From then on all fail, as those of a killed process.
type mortal struct {
	steps int
	err   error
	died  bool
}

func (m *mortal) step() error {
	if m.steps--; m.steps < 0 {
		m.died = true
		return m.err
	}
	return nil
}

func (m *mortal) open(path string, flag int) (file, error) {
	if err := m.step(); err != nil {
		return nil, err
	}
	f, err := openFile(path, flag)
	return mortalFile{f, m}, err
}

type mortalFile struct {
	file
	*mortal
}

// Write writes half of the octets, if it fails.
func (f mortalFile) Write(b []byte) (int, error) {
	if err := f.step(); err != nil {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, err
	}
	return f.file.Write(b)
}

func (f mortalFile) Sync() error {
	if err := f.step(); err != nil {
		return err
	}
	return f.file.Sync()
}

// Each message has one line, wherever the process is killed, in a file that may be the next one.
func TestKill(t *testing.T) {
	for steps := 0; ; steps++ {
		d := newDesk(t)
		d.submit(1)
		d.later(time.Hour)
		m := &mortal{steps: steps, err: errors.New("killed")}
		d.files.open, d.files.most = m.open, 600
		d.submit(2, 3, 4, 5)
		d.later(time.Hour)
		d.restart()
		d.files.most = 600
		d.submit(6)
		d.later(time.Hour)
		d.want("cdr-20261130-000001.jsonl: 1 2", "cdr-20261130-000002.jsonl: 3 4", "cdr-20261130-000003.jsonl: 5 6")
		if !m.died {
			break
		}
	}
}

// The same when it goes on the next day, in files with other names.
func TestKillBeforeMidnight(t *testing.T) {
	for steps := 0; ; steps++ {
		d := newDesk(t)
		d.submit(1)
		d.later(time.Hour)
		m := &mortal{steps: steps, err: errors.New("killed")}
		d.files.open, d.files.most = m.open, 600
		d.submit(2, 3, 4, 5)
		d.later(time.Hour)
		d.restart()
		d.later(12 * time.Hour)
		var all []string
		for _, f := range d.read() {
			_, numbers, _ := strings.Cut(f, ": ")
			all = append(all, strings.Fields(numbers)...)
		}
		if got := strings.Join(all, " "); got != "1 2 3 4 5" {
			t.Fatalf("killed after %d steps: got lines of %s, want each once", steps, got)
		}
		if !m.died {
			break
		}
	}
}

// The same when there was no position yet.
func TestKillFirst(t *testing.T) {
	for steps := 0; ; steps++ {
		d := newDesk(t)
		m := &mortal{steps: steps, err: errors.New("killed")}
		d.files.open = m.open
		d.submit(1, 2)
		d.later(time.Hour)
		d.restart()
		d.later(time.Minute)
		d.want("cdr-20261130-000001.jsonl: 1 2")
		if !m.died {
			break
		}
	}
}

// While the disk is full nothing is left out. The log says so once.
func TestFullDisk(t *testing.T) {
	d := newDesk(t)
	d.submit(1)
	d.later(time.Hour)
	m := &mortal{err: &os.PathError{Op: "write", Path: "cdr", Err: syscall.ENOSPC}}
	d.files.open = m.open
	d.restartsWith(m)
	d.submit(2)
	d.later(time.Hour)
	d.submit(3)
	for range 3 {
		d.later(time.Hour)
	}
	d.wantFailures(4)
	if got := d.lines.Count("cannot be written"); got != 1 {
		t.Errorf("got %d lines in the log, want 1", got)
	}
	d.want("cdr-20261130-000001.jsonl: 1")
	m.steps = 1000
	d.later(time.Minute)
	d.want("cdr-20261130-000001.jsonl: 1 2 3")
	if got := d.lines.Count("written again"); got != 1 {
		t.Errorf("got %d lines that it works again, want 1", got)
	}
}

// restartsWith makes another Writer whose files m opens.
func (d *desk) restartsWith(m *mortal) {
	d.restart()
	d.files.open = m.open
}

// Without a directory there are no lines until there is one.
func TestNoDirectory(t *testing.T) {
	d := newDesk(t)
	d.dir = filepath.Join(d.dir, "cdr")
	d.restart()
	if err := os.WriteFile(d.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.submit(1)
	d.later(time.Hour)
	d.wantFailures(1)
	if err := os.Remove(d.dir); err != nil {
		t.Fatal(err)
	}
	d.later(time.Minute)
	d.want("cdr-20261130-000001.jsonl: 1")
}

// Files that have lost their end are not written to, and without a position those that are there stay.
func TestDamage(t *testing.T) {
	d := newDesk(t)
	d.submit(1)
	d.later(time.Hour)
	d.restart()
	path := filepath.Join(d.dir, "cdr-20261130-000001.jsonl")
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	d.submit(2)
	d.later(time.Hour)
	d.wantFailures(1)
	if err := errors.Join(os.Rename(path, path+".old"), os.Remove(filepath.Join(d.dir, lockName))); err != nil {
		t.Fatal(err)
	}
	d.later(time.Minute)
	d.want("cdr-20261130-000001.jsonl.old: ?", "cdr-20261130-000002.jsonl: 2")
	if err := os.Remove(filepath.Join(d.dir, positionName)); err != nil {
		t.Fatal(err)
	}
	d.restart()
	d.later(time.Minute)
	d.want("cdr-20261130-000001.jsonl.old: ?", "cdr-20261130-000002.jsonl: 2", "cdr-20261130-000003.jsonl: 1 2")
	if got := d.lines.Count("no position"); got != 1 {
		t.Errorf("got %d lines about the position, want 1", got)
	}
}
