package archive

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

// findings collects what is logged as a warning or an error, as sentences.
type findings struct {
	mu  sync.Mutex
	all []string // guarded by mu
}

// logger returns a logger whose warnings and errors are findings.
func (f *findings) logger() *slog.Logger { return slog.New(&findingsHandler{f: f}) }

func (f *findings) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, fmt.Sprintf(format, args...))
}

// list returns a copy of all findings.
func (f *findings) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.all...)
}

// findingsHandler is the slog.Handler of findings.
type findingsHandler struct {
	f     *findings
	attrs []slog.Attr
}

// Enabled reports whether a line is a finding.
func (h *findingsHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}

// afterKill is what the embedded server says after a kill. Its own index of a stream is behind the messages
// then, and it reads these.
var afterKill = regexp.MustCompile(`Stream state outdated, last block has additional entries|Recovering stream state from index errored: prior state file`)

// Handle adds a finding.
func (h *findingsHandler) Handle(_ context.Context, r slog.Record) error {
	usual := false
	r.Attrs(func(a slog.Attr) bool {
		usual = usual || a.Key == "line" && afterKill.MatchString(a.Value.String())
		return true
	})
	if usual {
		return nil
	}
	var text []string
	add := func(a slog.Attr) bool {
		text = append(text, fmt.Sprintf("%s %v", strings.ReplaceAll(a.Key, "_", " "), a.Value))
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	if len(text) > 0 {
		h.f.add("%s (%s)", r.Message, strings.Join(text, ", "))
	} else {
		h.f.add("%s", r.Message)
	}
	return nil
}

// WithAttrs returns a handler of lines that have more attributes.
func (h *findingsHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &findingsHandler{f: h.f, attrs: append(append([]slog.Attr(nil), h.attrs...), attrs...)}
}

// WithGroup returns h: the attributes are not grouped.
func (h *findingsHandler) WithGroup(string) slog.Handler { return h }
