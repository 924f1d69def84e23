package ops

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"

	"readback/internal/lograte"
	"readback/relay/message"
)

const hidden = "[hidden]"

// levels are the values of log.level.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// Attributes by key: those that carry a number, with the name of the hash beside it, and those that are never shown. A
// sender is a subscriber only if it may be one.
var (
	receivers = map[string]string{"receiver": "subscriber", "msisdn": "subscriber", "destination_addr": "subscriber"}
	senders   = map[string]string{"sender": "sender_subscriber", "source_addr": "sender_subscriber"}
	unseen    = map[string]bool{"password": true, "text": true, "short_message": true, "message_payload": true}
)

// LogSettings are the settings of a log that may change while it is in use.
type LogSettings struct {
	levels      levelSettings
	mask        atomic.Bool
	subscribers atomic.Pointer[message.SubscriberKey]
}

// NameSubscribers lets lines have the hash of each number that they mask, under a key.
func (s *LogSettings) NameSubscribers(key message.SubscriberKey) { s.subscribers.Store(&key) }

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
// Attributes named receiver, msisdn or destination_addr are masked by message.Mask if the settings say so, and so are
// those named sender or source_addr that may be subscribers. The hash of the number is beside it, as subscriber or
// sender_subscriber. Attributes named password, text, short_message or message_payload are never written. The caller must
// mask numbers in messages and under other keys. Warnings and errors that repeat are folded.
func NewLogger(w io.Writer, format string, s *LogSettings) (*slog.Logger, error) {
	opt := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: s.guard} // levelHandler decides
	switch format {
	case "json":
		return slog.New(&levelHandler{Handler: lograte.Fold(slog.NewJSONHandler(w, opt)), levels: &s.levels}), nil
	case "text":
		return slog.New(&levelHandler{Handler: lograte.Fold(slog.NewTextHandler(w, opt)), levels: &s.levels}), nil
	}
	return nil, fmt.Errorf("log format %q: want json or text", format)
}

// guard replaces the attributes that must not be written, in groups, too. It shows octets that are not UTF-8
// as Latin-1, and durations with their unit.
func (s *LogSettings) guard(_ []string, a slog.Attr) slog.Attr {
	switch {
	case unseen[a.Key]:
		return slog.String(a.Key, hidden)
	case receivers[a.Key] != "" && s.mask.Load():
		return s.masked(a, receivers[a.Key])
	case senders[a.Key] != "" && s.mask.Load() && message.IsSubscriber(a.Value.String()):
		return s.masked(a, senders[a.Key])
	case a.Value.Kind() == slog.KindDuration: // JSON would have nanoseconds, without a unit
		a.Value = slog.StringValue(a.Value.Duration().String())
	case a.Value.Kind() == slog.KindString:
		a.Value = slog.StringValue(message.Shown(a.Value.String()))
	}
	return a
}

// masked returns a number masked, and its hash if there is a key. A number that comes masked stays as it is: nobody knows
// its hash.
func (s *LogSettings) masked(a slog.Attr, hashName string) slog.Attr {
	number := a.Value.String()
	mask := slog.String(a.Key, message.Mask(number))
	key := s.subscribers.Load()
	if key == nil || strings.Contains(number, "*") {
		return mask
	}
	hash := key.Hash(number)
	if hash == "" {
		return mask
	}
	return slog.Attr{Value: slog.GroupValue(mask, slog.String(hashName, hash))} // without a name it is no group
}
