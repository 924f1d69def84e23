package ops

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const hidden = "[hidden]"

// levels are the words of log.level.
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

// NewLogger returns a logger that writes lines of the format, json or text, from
// the level up: debug, info, warn or error. Attributes named sender, receiver,
// msisdn, source_addr or destination_addr are written as Mask has them if mask is
// set; those named password, text, short_message or message_payload are never
// written. Numbers in messages and under other keys are the caller's to mask.
func NewLogger(w io.Writer, level, format string, mask bool) (*slog.Logger, error) {
	least, ok := levels[level]
	if !ok {
		return nil, fmt.Errorf("log level %q: want debug, info, warn or error", level)
	}
	opt := &slog.HandlerOptions{Level: least, ReplaceAttr: guard(mask)}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, opt)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, opt)), nil
	}
	return nil, fmt.Errorf("log format %q: want json or text", format)
}

// guard returns what slog does to each attribute, in groups too.
func guard(mask bool) func([]string, slog.Attr) slog.Attr {
	return func(_ []string, a slog.Attr) slog.Attr {
		switch {
		case unseen[a.Key]:
			return slog.String(a.Key, hidden)
		case mask && subscribers[a.Key]:
			return slog.String(a.Key, Mask(a.Value.String()))
		}
		return a
	}
}

// Mask hides the middle of a subscriber's number: 8613800138000 becomes
// 861*********0. What has four characters or fewer is hidden whole. Masking twice
// is masking once.
func Mask(number string) string {
	const first, last = 3, 1
	r := []rune(number)
	if len(r) <= first+last {
		return strings.Repeat("*", len(r))
	}
	return string(r[:first]) + strings.Repeat("*", len(r)-first-last) + string(r[len(r)-last:])
}
