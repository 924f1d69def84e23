package kept

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// readers is a kept text that counts how often its file is read; "bad" is broken.
func readers(t *testing.T, file string) (k *Files[string], reads *atomic.Int32) {
	t.Helper()
	reads = new(atomic.Int32)
	k = &Files[string]{What: "words", Names: []string{file}, Read: func() (*string, error) {
		reads.Add(1)
		b, err := os.ReadFile(file)
		text := string(b)
		if err == nil && text == "bad" {
			err = errors.New("bad text")
		}
		return &text, err
	}}
	if err := k.Reload(); err != nil {
		t.Fatal(err)
	}
	return k, reads
}

// record is a log that a test reads.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

func (r *record) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// lines are those that contain all of words.
func (r *record) lines(words ...string) (n int) {
	for line := range strings.Lines(r.String()) {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			n++
		}
	}
	return n
}

// long is when the files of TestRefresh were last written, to all appearance.
var long = time.Now().Add(-time.Hour)

func write(t *testing.T, file, text string) {
	t.Helper()
	must(t, os.WriteFile(file, []byte(text), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mount lays dir/text out as Kubernetes mounts a secret: text is a link to data/text,
// and data one to v1. It returns the file behind them.
func mount(t *testing.T, dir string) (file string) {
	t.Helper()
	must(t, os.Mkdir(filepath.Join(dir, "v1"), 0o700))
	file = filepath.Join(dir, "v1", "text")
	write(t, file, "old")
	must(t, os.Chtimes(file, long, long))
	must(t, os.Symlink("v1", filepath.Join(dir, "data")))
	must(t, os.Symlink("data/text", filepath.Join(dir, "text")))
	return file
}

func TestRefresh(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, dir, file string)
		want   string
		reads  bool
	}{
		{"nothing", func(*testing.T, string, string) {}, "old", false},
		{"size", func(t *testing.T, _, file string) {
			write(t, file, "newer")
			must(t, os.Chtimes(file, long, long))
		}, "newer", true},
		{"time", func(t *testing.T, _, file string) {
			write(t, file, "new")
			must(t, os.Chtimes(file, long, long.Add(time.Second)))
		}, "new", true},
		{"another file, same size and time", func(t *testing.T, dir, file string) {
			next := filepath.Join(dir, "next")
			write(t, next, "new")
			must(t, os.Chtimes(next, long, long))
			must(t, os.Rename(next, file))
		}, "new", true},
		{"swapped link of the directory, same size and time", func(t *testing.T, dir, _ string) {
			must(t, os.Mkdir(filepath.Join(dir, "v2"), 0o700))
			next := filepath.Join(dir, "v2", "text")
			write(t, next, "new")
			must(t, os.Chtimes(next, long, long))
			must(t, os.Symlink("v2", filepath.Join(dir, "data.next")))
			must(t, os.Rename(filepath.Join(dir, "data.next"), filepath.Join(dir, "data")))
		}, "new", true},
		{"broken", func(t *testing.T, _, file string) { write(t, file, "bad") }, "old", true},
		{"away", func(t *testing.T, _, file string) { must(t, os.Remove(file)) }, "old", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := mount(t, dir)
			k, reads := readers(t, filepath.Join(dir, "text"))
			tt.change(t, dir, file)
			_, err := k.refresh()
			if got := *k.Now(); got != tt.want || (err != nil) != (tt.reads && tt.want == "old") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
			if got := reads.Load() > 1; got != tt.reads {
				t.Errorf("read again: got %v, want %v", got, tt.reads)
			}
		})
	}
}

// TestRefreshAgain tries again where what was wrong does not show in the files.
func TestRefreshAgain(t *testing.T) {
	var wrong error
	k := &Files[string]{Read: func() (*string, error) { return new(string), wrong }}
	wrong = errors.New("permission denied")
	if err := k.Reload(); !errors.Is(err, wrong) {
		t.Fatalf("got %v, want %v", err, wrong)
	}
	if reloaded, err := k.refresh(); reloaded || !errors.Is(err, wrong) {
		t.Errorf("got %v, %v, want %v", reloaded, err, wrong)
	}
	wrong = nil
	for _, want := range []bool{true, false} {
		if reloaded, err := k.refresh(); reloaded != want || err != nil {
			t.Errorf("got %v, %v, want %v", reloaded, err, want)
		}
	}
}

// TestWatch has a file go bad, stay so, and come right, with the clock of synctest.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = time.Minute
		file := filepath.Join(t.TempDir(), "text")
		write(t, file, "one")
		k, reads := readers(t, file)
		var log record
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); k.Watch(ctx, every, log.logger()) }()
		after := func(looks int) {
			<-time.After(time.Duration(looks)*every + time.Second)
			synctest.Wait()
		}
		check := func(text string, reloaded, errors int) {
			t.Helper()
			if got := *k.Now(); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
			if got := log.lines("level=INFO", "words reloaded"); got != reloaded {
				t.Errorf("got %d lines that it is reloaded, want %d:\n%s", got, reloaded, &log)
			}
			if got := log.lines("level=ERROR", "not reloaded", "bad text"); got != errors {
				t.Errorf("got %d lines with the error, want %d:\n%s", got, errors, &log)
			}
		}
		after(3)
		check("one", 0, 0)
		if got := reads.Load(); got != 1 {
			t.Errorf("got %d reads of a file that did not change, want 1", got)
		}
		write(t, file, "bad")
		after(3)
		check("one", 0, 1)
		write(t, file, "two")
		after(2)
		check("two", 1, 1)
		write(t, file, "bad")
		after(2)
		check("two", 1, 2) // it was right in between: news again
		cancel()
		<-done
	})
}

// TestWrittenWhileRead writes a file while it is read: it is read once more.
func TestWrittenWhileRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text")
	write(t, file, "one")
	meanwhile := "first"
	k := &Files[string]{Names: []string{file}, Read: func() (*string, error) {
		b, err := os.ReadFile(file)
		if meanwhile != "" {
			write(t, file, meanwhile)
			meanwhile = ""
		}
		text := string(b)
		return &text, err
	}}
	must(t, k.Reload())
	for _, want := range []string{"first", "second!"} {
		if want == "second!" {
			write(t, file, "before that")
			meanwhile = want
			if _, err := k.refresh(); err != nil || *k.Now() != "before that" {
				t.Errorf("got %q, %v, want what was there before", *k.Now(), err)
			}
		}
		if reloaded, err := k.refresh(); !reloaded || err != nil || *k.Now() != want {
			t.Errorf("got %q, %v, %v, want %q", *k.Now(), reloaded, err, want)
		}
	}
}

// TestFilesComeAndGo refreshes when any of several files changes, and not while one stays
// away.
func TestFilesComeAndGo(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	write(t, one, "1")
	k := &Files[string]{Names: []string{one, two}, Read: func() (*string, error) { return new(string), nil }}
	must(t, k.Reload())
	steps := []struct {
		name   string
		change func()
		want   bool
	}{
		{"one is away still", func() {}, false},
		{"it comes", func() { write(t, two, "22") }, true},
		{"nothing", func() {}, false},
		{"the second changes", func() { write(t, two, "333") }, true},
		{"the first changes", func() { write(t, one, "4444") }, true},
		{"the first goes", func() { must(t, os.Remove(one)) }, true},
		{"it is away still", func() {}, false},
	}
	for _, s := range steps {
		s.change()
		if got, err := k.refresh(); got != s.want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", s.name, got, err, s.want)
		}
	}
}

// TestWatchDefault watches without saying how often: every five seconds.
func TestWatchDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "text")
		write(t, file, "one")
		k, _ := readers(t, file)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); k.Watch(ctx, 0, slog.New(slog.DiscardHandler)) }()
		write(t, file, "longer")
		for after, want := range []string{"one", "longer"} {
			time.Sleep(defaultWatch - time.Second + time.Duration(after)*2*time.Second)
			synctest.Wait()
			if got := *k.Now(); got != want {
				t.Errorf("look %d: got %q, want %q", after, got, want)
			}
		}
		cancel()
		<-done
	})
}
