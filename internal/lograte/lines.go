// Package lograte bounds the log lines that strangers can cause, so that they cannot fill the disk.
package lograte

import (
	"context"
	"log/slog"
	"sync"

	"golang.org/x/time/rate"
)

// Bounds of the lines with one message and reason. Beyond the kinds that are counted, all lines are one.
const (
	aSecond = 1
	burst   = 20
	kinds   = 200
)

// Lines counts lines by message and reason. The zero value is ready for use, from any goroutine.
type Lines struct {
	mu sync.Mutex
	by map[key]*kind
}

// key is what lines have in common that are counted together.
type key struct{ message, reason string }

type kind struct {
	limit   *rate.Limiter
	dropped int // since the last line
}

// Warn logs a warning with its reason and attrs, or drops it if there were too many like it. The next one
// says how many were dropped.
func (l *Lines) Warn(log *slog.Logger, message, reason string, attrs ...any) {
	l.log(log, slog.LevelWarn, key{message, reason}, attrs)
}

// Info is Warn for lines that are no warnings.
func (l *Lines) Info(log *slog.Logger, message, reason string, attrs ...any) {
	l.log(log, slog.LevelInfo, key{message, reason}, attrs)
}

func (l *Lines) log(log *slog.Logger, level slog.Level, k key, attrs []any) {
	dropped, ok := l.take(k)
	if !ok {
		return
	}
	if dropped > 0 {
		attrs = append(attrs, "more_of_them", dropped)
	}
	log.Log(context.Background(), level, k.message, append([]any{"reason", k.reason}, attrs...)...)
}

// take reports whether there may be another line, and how many were dropped before it.
func (l *Lines) take(k key) (dropped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[k] == nil && len(l.by) >= kinds {
		k = key{}
	}
	lines := l.by[k]
	if lines == nil {
		if l.by == nil {
			l.by = make(map[key]*kind)
		}
		lines = &kind{limit: rate.NewLimiter(aSecond, burst)}
		l.by[k] = lines
	}
	if !lines.limit.Allow() {
		lines.dropped++
		return 0, false
	}
	dropped, lines.dropped = lines.dropped, 0
	return dropped, true
}
