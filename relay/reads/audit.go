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

// Bounds of the lines about refused callers without a name. Without bounds, anybody could fill the
// disk with such lines.
const (
	anonymousLines = 10 // a second
	anonymousBurst = 100
)

// Audit logs each verdict, with the caller and the message. It never logs a credential.
type Audit struct {
	log       *slog.Logger
	mask      func(string) string
	code      func(message.VerdictKind) int
	level     slog.Level
	anonymous *rate.Limiter
	left      atomic.Int64 // lines left out since the last one
}

// NewAudit returns an audit log at level info, or else debug. mask returns a subscriber's number as it
// is logged, and code the number that is logged for a kind of verdicts.
func NewAudit(log *slog.Logger, info bool, mask func(string) string, code func(message.VerdictKind) int) *Audit {
	a := &Audit{log: log, mask: mask, code: code, level: slog.LevelDebug}
	if info {
		a.level = slog.LevelInfo
	}
	a.anonymous = rate.NewLimiter(anonymousLines, anonymousBurst)
	return a
}

// verdict logs the verdict on a read response. note is a reason that the caller is not told. A read
// response that could not be parsed has only Way and By.
func (a *Audit) verdict(rd *Read, v message.Verdict, note string) {
	attrs := []slog.Attr{slog.String("way", rd.Way), slog.String("caller", rd.By.Name)}
	if rd.Receiver != "" {
		attrs = append(attrs,
			slog.String("receiver", a.mask(rd.Receiver)), slog.String("sender", a.mask(rd.Sender)),
			slog.Int("number", int(rd.Number)), slog.Int("status", int(rd.Status)))
	}
	a.line("read response", &rd.By, v, note, attrs)
}

// LogChange logs the verdict on a change that a caller asked for a receiver.
func (a *Audit) LogChange(what string, by *access.Caller, receiver string, v message.Verdict) {
	a.line(what, by, v, "", []slog.Attr{
		slog.String("way", "http"), slog.String("caller", by.Name), slog.String("receiver", a.mask(receiver)),
	})
}

func (a *Audit) line(what string, by *access.Caller, v message.Verdict, note string, attrs []slog.Attr) {
	refused := v.IsRefused()
	if refused && (by.Name == "" || by.IsAnonymous()) && !a.anonymous.AllowN(time.Now(), 1) {
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
