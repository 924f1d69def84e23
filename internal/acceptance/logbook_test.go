//go:build e2e

package acceptance

import (
	"bufio"
	"context"
	"io"
	"strings"
	"sync"
)

// logbook is what a process wrote, line by line.
type logbook struct {
	mu    sync.Mutex
	lines []string      // guarded by mu, as all below
	more  chan struct{} // closed with the next line
	over  bool
}

func newLogbook() *logbook { return &logbook{more: make(chan struct{})} }

// read takes lines until r ends.
func (b *logbook) read(r io.Reader) {
	const longest = 1 << 20
	s := bufio.NewScanner(r)
	s.Buffer(nil, longest)
	for s.Scan() {
		b.add(s.Text(), false)
	}
	b.add("", true)
}

func (b *logbook) add(line string, over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if over {
		b.over = true
	} else {
		b.lines = append(b.lines, line)
	}
	close(b.more)
	b.more = make(chan struct{})
}

// find returns the first line with all of words, and otherwise what tells of more.
func (b *logbook) find(words []string) (line string, more <-chan struct{}, over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines {
		if hasAll(l, words) {
			return l, nil, false
		}
	}
	return "", b.more, b.over
}

// wait waits for a line with all of words; ok is false when there will be none.
func (b *logbook) wait(ctx context.Context, words ...string) (line string, ok bool) {
	for {
		line, more, over := b.find(words)
		if line != "" || over {
			return line, line != ""
		}
		select {
		case <-more:
		case <-ctx.Done():
			return "", false
		}
	}
}

// count is how many lines have all of words.
func (b *logbook) count(words ...string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines {
		if hasAll(l, words) {
			n++
		}
	}
	return n
}

// tail is the end of the log.
func (b *logbook) tail() string {
	const newest = 40
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines[max(0, len(b.lines)-newest):], "\n")
}

func hasAll(line string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(line, w) {
			return false
		}
	}
	return true
}
