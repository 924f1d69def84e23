package relaytest

import (
	"log/slog"
	"strings"
	"sync"
)

// LogLines keeps what is logged.
type LogLines struct {
	mu  sync.Mutex
	All []string // guarded by mu while something may log
}

// Logger logs into l.
func (l *LogLines) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *LogLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.All = append(l.All, string(b))
	return len(b), nil
}

// Count returns how many lines contain text.
func (l *LogLines) Count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.All {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}
