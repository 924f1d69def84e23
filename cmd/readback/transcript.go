package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// transcript prints the events of the demo, a line each: when, from whom to whom, what.
type transcript struct {
	mu  sync.Mutex
	out io.Writer
}

// say prints one event.
func (t *transcript) say(from, what, to, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	arrow := fmt.Sprintf("%-8s ── %s ─► %s", from, what, to)
	say(t.out, "%s  %-42s %s\n", time.Now().Format("15:04:05.000"), arrow, fmt.Sprintf(format, args...))
}

// note prints a line that is no event.
func (t *transcript) note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	say(t.out, format+"\n", args...)
}
