package lograte

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// Fold returns a handler that folds warnings and errors that repeat: of those with one message and reason it passes 20,
// and from then on one a second. A line says how many were left out, and in which time.
func Fold(h slog.Handler) slog.Handler { return &folding{Handler: h, lines: new(Lines)} }

// folding is the handler, or one with further attributes or groups, which counts the same lines.
type folding struct {
	slog.Handler
	lines *Lines
}

// Handle writes a line, or counts it.
func (f *folding) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn {
		return f.Handler.Handle(ctx, r)
	}
	reason := reasonOf(&r)
	ctx = context.WithoutCancel(ctx)
	dropped, within, ok := f.lines.take(key{r.Message, reason.Value.String()}, func(n int, within time.Duration) {
		all := slog.NewRecord(time.Now(), r.Level, r.Message, r.PC)
		if reason.Key != "" {
			all.AddAttrs(reason)
		}
		all.Add(counted(n, within)...)
		_ = f.Handler.Handle(ctx, all) // as the caller of a log would
	})
	if !ok {
		return nil
	}
	if dropped > 0 {
		r = r.Clone()
		r.Add(counted(dropped, within)...)
	}
	return f.Handler.Handle(ctx, r)
}

// reasons are the attributes that say why a line was written.
var reasons = []string{"reason", "error", "err"}

// reasonOf returns the reason of a line; zero if it has none.
func reasonOf(r *slog.Record) (reason slog.Attr) {
	r.Attrs(func(a slog.Attr) bool {
		if slices.Contains(reasons, a.Key) {
			reason = a
		}
		return reason.Key == ""
	})
	return reason
}

// WithAttrs returns a handler with further attributes.
func (f *folding) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &folding{f.Handler.WithAttrs(attrs), f.lines}
}

// WithGroup returns a handler with a group.
func (f *folding) WithGroup(name string) slog.Handler {
	return &folding{f.Handler.WithGroup(name), f.lines}
}
