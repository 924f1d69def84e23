// Package lograte bounds log lines that repeat, or that strangers can cause, so that they cannot fill the disk.
package lograte

import (
	"context"
	"log/slog"
	"sync"
	"time"

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
	mu    sync.Mutex
	by    map[key]*kind
	swept time.Time // when kinds were forgotten
}

// key is what lines have in common that are counted together.
type key struct{ message, reason string }

// kind is the lines with one key.
type kind struct {
	limit   *rate.Limiter
	dropped int       // since the last line; while there are any, report runs
	since   time.Time // when the first of them came
	report  *time.Timer
}

// reportAfter is how long lines are dropped before a line says how many, if none came that could say it.
const reportAfter = 10 * time.Second

// Warn logs a warning with its reason and attrs, or drops it if there were too many like it. The next one, or one after
// ten seconds, says how many were dropped.
func (l *Lines) Warn(log *slog.Logger, message, reason string, attrs ...any) {
	l.log(log, slog.LevelWarn, key{message, reason}, attrs)
}

// Info is Warn for lines that are no warnings.
func (l *Lines) Info(log *slog.Logger, message, reason string, attrs ...any) {
	l.log(log, slog.LevelInfo, key{message, reason}, attrs)
}

func (l *Lines) log(log *slog.Logger, level slog.Level, k key, attrs []any) {
	write := func(attrs []any) {
		log.Log(context.Background(), level, k.message, append([]any{"reason", k.reason}, attrs...)...)
	}
	dropped, within, ok := l.take(k, func(n int, within time.Duration) { write(counted(n, within)) })
	if !ok {
		return
	}
	if dropped > 0 {
		attrs = append(attrs, counted(dropped, within)...)
	}
	write(attrs)
}

// counted returns what a line says of those that were dropped before it.
func counted(n int, within time.Duration) []any {
	return []any{"more_of_them", n, "within", within.Round(time.Millisecond)}
}

// take reports whether there may be another line, and how many were dropped before it in which time. If it is dropped,
// and no other line comes that can say so, report is called with that later.
func (l *Lines) take(k key, report func(n int, within time.Duration)) (dropped int, within time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.kind(&k)
	if !lines.limit.Allow() {
		if lines.dropped++; lines.dropped == 1 {
			lines.since, lines.report = time.Now(), time.AfterFunc(reportAfter, func() { l.reportDropped(lines, report) })
		}
		return 0, 0, false
	}
	dropped, within = lines.forget()
	return dropped, within, true
}

// sweepEvery is how often kinds may be forgotten that are not seen any more. Strangers can cause as many new ones.
const sweepEvery = 10 * time.Minute

// kind returns the lines with a key. If there are too many kinds, k becomes the key of all others.
func (l *Lines) kind(k *key) *kind {
	if l.by == nil {
		l.by = make(map[key]*kind)
	}
	if l.by[*k] == nil && len(l.by) >= kinds {
		l.sweep()
		if len(l.by) >= kinds {
			*k = key{}
		}
	}
	if l.by[*k] == nil {
		l.by[*k] = &kind{limit: rate.NewLimiter(aSecond, burst)}
	}
	return l.by[*k]
}

// sweep forgets the kinds that were not seen for a while, unless it did so lately.
func (l *Lines) sweep() {
	if time.Since(l.swept) < sweepEvery {
		return
	}
	l.swept = time.Now()
	for k, lines := range l.by {
		if lines.dropped == 0 && lines.limit.Tokens() >= burst {
			delete(l.by, k)
		}
	}
}

// reportDropped says how many lines were dropped, unless a line has said it.
func (l *Lines) reportDropped(lines *kind, report func(n int, within time.Duration)) {
	l.mu.Lock()
	n, within := lines.forget()
	l.mu.Unlock()
	if n > 0 {
		report(n, within)
	}
}

// forget returns how many lines were dropped, and in which time, and begins to count anew.
func (k *kind) forget() (dropped int, within time.Duration) {
	if k.dropped > 0 {
		dropped, within = k.dropped, time.Since(k.since)
		k.report.Stop()
	}
	k.dropped = 0
	return dropped, within
}
