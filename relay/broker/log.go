package broker

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"golang.org/x/time/rate"
)

// Bounds of the lines about clients that are refused, or that try what they may not do: they could
// fill the disk otherwise.
const (
	refusedLines = 10 // a second
	refusedBurst = 100
)

// serverLog is the log of the embedded server. It passes on what clients try that they may not do,
// a write that fails, and why the server could not start. All other lines name subscribers, and are
// dropped. A client of MQTT that may not publish is told that its message was taken.
type serverLog struct {
	opt         *Options
	limited     *limitedLog
	writeFailed chan<- struct{} // of one
	fatal       error           // written by the goroutine that starts the server
}

var notPermitted = regexp.MustCompile(`^(.*?) - .*(Publish|Subscription) Violation - Subject "([^"]*)"`)

// writeError is the line that the server logs once for a stream that it never writes to again.
var writeError = regexp.MustCompile(`^JetStream stream '.*' critical write error: (.*)$`)

// Errorf is called for each thing that a client may not do, and for each write that fails.
func (l *serverLog) Errorf(format string, v ...any) {
	line := fmt.Sprintf(format, v...)
	if m := writeError.FindStringSubmatch(line); m != nil {
		l.opt.Log.Error("store cannot be written", "error", m[1])
		select {
		case l.writeFailed <- struct{}{}:
		default:
		}
		return
	}
	m := notPermitted.FindStringSubmatch(line)
	if m == nil {
		return
	}
	what := strings.ToLower(m[2])
	l.opt.Metrics.denied.WithLabelValues(what).Inc()
	l.limited.warn("client may not do this", "what", what, "remote", m[1], "subject", l.subject(m[3]))
}

// subject masks the receiver in a subject.
func (l *serverLog) subject(s string) string {
	for _, prefix := range []string{SubjectReadsOf, SubjectVerdictsOf} {
		if of, ok := strings.CutPrefix(s, prefix); ok {
			return prefix + l.opt.Mask(of)
		}
	}
	return "another one"
}

// Fatalf is called when the server cannot listen.
func (l *serverLog) Fatalf(format string, v ...any) { l.fatal = fmt.Errorf(format, v...) }

// Noticef and the others log nothing that an operator needs.
func (l *serverLog) Noticef(string, ...any) {}

func (l *serverLog) Warnf(string, ...any) {}

func (l *serverLog) Debugf(string, ...any) {}

func (l *serverLog) Tracef(string, ...any) {}

// limitedLog logs at most so many lines, and drops the others.
type limitedLog struct {
	log   *slog.Logger
	lines *rate.Limiter
}

func newLimitedLog(log *slog.Logger) *limitedLog {
	return &limitedLog{log, rate.NewLimiter(refusedLines, refusedBurst)}
}

func (l *limitedLog) warn(what string, attrs ...any) {
	if l.lines.Allow() {
		l.log.Warn(what, attrs...)
	}
}
