package reads

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"readback/relay/access"
	"readback/relay/message"
)

// Bounds of the lines about refusals. Without bounds, a flood would fill the disk with such lines.
const (
	anonymousLines = 10 // a second, of callers without a name, and of what could not be decided now
	anonymousBurst = 100
	namedLines     = 100 // a second, of other callers
	namedBurst     = 2000
)

// Audit logs each verdict, with the caller and the message. It never logs a credential.
type Audit struct {
	log       *slog.Logger
	mask      func(string) string
	code      func(message.VerdictKind) int
	level     slog.Level
	anonymous *rate.Limiter
	named     *rate.Limiter
	left      atomic.Int64 // lines left out since the last one
	key       message.SubscriberKey
}

// NameSubscribers lets lines have the hash of the receiver under a key. It must be called before the first line.
func (a *Audit) NameSubscribers(key message.SubscriberKey) { a.key = key }

// NewAudit returns an audit log at level info, or else debug. mask returns a subscriber's number as it
// is logged, and code the number that is logged for a kind of verdicts.
func NewAudit(log *slog.Logger, info bool, mask func(string) string, code func(message.VerdictKind) int) *Audit {
	a := &Audit{log: log, mask: mask, code: code, level: slog.LevelDebug}
	if info {
		a.level = slog.LevelInfo
	}
	a.anonymous, a.named = rate.NewLimiter(anonymousLines, anonymousBurst), rate.NewLimiter(namedLines, namedBurst)
	return a
}

// verdict logs the verdict on a read response. note is a reason that the caller is not told. A read
// response that could not be parsed has only Way and By.
func (a *Audit) verdict(rd *Read, v message.Verdict, note string) {
	attrs := []slog.Attr{slog.String("way", rd.Way), slog.String("caller", rd.By.Name)}
	if rd.Receiver != "" {
		attrs = append(a.receiver(attrs, rd.Receiver), slog.String("sender", a.sender(rd.Sender)),
			slog.Int("number", int(rd.Number)), slog.Int("status", int(rd.Status)))
	}
	if rd.account != "" {
		attrs = append(attrs, slog.String("account", rd.account), slog.String("message_id", rd.messageID))
	}
	a.line("read response", &rd.By, v, note, attrs)
}

// LogChange logs the verdict on a change that a caller asked for a receiver.
func (a *Audit) LogChange(what string, by *access.Caller, receiver string, v message.Verdict) {
	a.line(what, by, v, "", a.receiver([]slog.Attr{slog.String("way", "http"), slog.String("caller", by.Name)}, receiver))
}

// receiver appends a receiver as it is logged, and its hash.
func (a *Audit) receiver(attrs []slog.Attr, receiver string) []slog.Attr {
	attrs = append(attrs, slog.String("receiver", a.mask(receiver)))
	if hash := a.key.Hash(receiver); hash != "" {
		attrs = append(attrs, slog.String("subscriber", hash))
	}
	return attrs
}

// sender returns a sender as it is logged: whole, unless it may be a subscriber.
func (a *Audit) sender(sender string) string {
	if message.IsSubscriber(sender) {
		return a.mask(sender)
	}
	return message.Shown(sender)
}

// hasRoom reports whether there may be a line now. There always may be one on a change or a read that is
// accepted.
func (a *Audit) hasRoom(by *access.Caller, v message.Verdict) bool {
	switch {
	case !v.IsRefused():
		return true
	case by.Name == "" || by.IsAnonymous() || v.Kind == message.VerdictUnavailable:
		return a.anonymous.AllowN(time.Now(), 1)
	}
	return a.named.AllowN(time.Now(), 1)
}

func (a *Audit) line(what string, by *access.Caller, v message.Verdict, note string, attrs []slog.Attr) {
	if !a.hasRoom(by, v) {
		a.left.Add(1)
		return
	}
	attrs = append(attrs, slog.Int("verdict", a.code(v.Kind)))
	if v.Field != "" {
		attrs = append(attrs, slog.String("field", v.Field))
	}
	if reason := v.Reason + note; reason != "" {
		attrs = append(attrs, slog.String("reason", reason))
	}
	if left := a.left.Swap(0); left > 0 {
		attrs = append(attrs, slog.Int64("left_out", left))
	}
	a.log.LogAttrs(context.Background(), a.level, what, attrs...)
}
