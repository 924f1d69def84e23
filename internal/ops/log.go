package ops

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"

	"readback/relay/message"
)

const hidden = "[hidden]"

// levels are the values of log.level.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// Attributes by key: those that carry a subscriber's number, and those that are
// never shown.
var (
	subscribers = map[string]bool{
		"sender": true, "receiver": true, "msisdn": true, "source_addr": true, "destination_addr": true,
	}
	unseen = map[string]bool{"password": true, "text": true, "short_message": true, "message_payload": true}
)

// LogSettings are the settings of a log that may change while it is in use.
type LogSettings struct {
	levels levelSettings
	mask   atomic.Bool
}

// Set applies the level (debug, info, warn or error) and the masking.
func (s *LogSettings) Set(level string, mask bool) error {
	if _, ok := levels[level]; !ok {
		return fmt.Errorf("log level %q: want debug, info, warn or error", level)
	}
	s.levels.configure(level)
	s.mask.Store(mask)
	return nil
}

// NewLogger returns a logger that writes lines in the format json or text, by the settings.
// Attributes named sender, receiver, msisdn, source_addr or destination_addr are masked by
// message.Mask if the settings say so. Attributes named password, text, short_message or
// message_payload are never written. The caller must mask numbers in messages and under other
// keys.
func NewLogger(w io.Writer, format string, s *LogSettings) (*slog.Logger, error) {
	opt := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: s.guard} // levelHandler decides
	switch format {
	case "json":
		return slog.New(&levelHandler{Handler: slog.NewJSONHandler(w, opt), levels: &s.levels}), nil
	case "text":
		return slog.New(&levelHandler{Handler: slog.NewTextHandler(w, opt), levels: &s.levels}), nil
	}
	return nil, fmt.Errorf("log format %q: want json or text", format)
}

// guard replaces the attributes that must not be written, in groups, too. It shows octets that are not UTF-8
// as Latin-1.
func (s *LogSettings) guard(_ []string, a slog.Attr) slog.Attr {
	switch {
	case unseen[a.Key]:
		return slog.String(a.Key, hidden)
	case subscribers[a.Key] && s.mask.Load():
		return slog.String(a.Key, message.Mask(a.Value.String()))
	case a.Value.Kind() == slog.KindString:
		a.Value = slog.StringValue(message.Shown(a.Value.String()))
	}
	return a
}
