package relay

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"golang.org/x/time/rate"
)

// serverLog passes on what the embedded server has to say of clients that try what they
// may not do, of a disk that is full, and why it could not start. The rest names subscribers, and stays out.
// A client of MQTT is told that its message was taken even then.
type serverLog struct {
	relay *Relay
	fatal error // written by the goroutine that starts the server
}

var violation = regexp.MustCompile(`^(.*?) - .*(Publish|Subscription) Violation - Subject "([^"]*)"`)

// spoilt is what the server says once of a stream that it does not write to any more.
var spoilt = regexp.MustCompile(`^JetStream stream '.*' critical write error: (.*)$`)

// Errorf is called for each violation, and for each write that fails.
func (l *serverLog) Errorf(format string, v ...any) {
	line := fmt.Sprintf(format, v...)
	if m := spoilt.FindStringSubmatch(line); m != nil {
		l.relay.log.Error("store cannot be written", "error", m[1])
		select {
		case l.relay.spoilt <- struct{}{}:
		default:
		}
		return
	}
	m := violation.FindStringSubmatch(line)
	if m == nil {
		return
	}
	what := strings.ToLower(m[2])
	l.relay.metrics.clientsDenied.WithLabelValues(what).Inc()
	l.relay.strangers.say("client may not do this", "what", what, "remote", m[1], "subject", l.subject(m[3]))
}

// subject masks whom a subject names.
func (l *serverLog) subject(s string) string {
	for _, prefix := range []string{subjectReadsOf, subjectVerdictsOf} {
		if of, ok := strings.CutPrefix(s, prefix); ok {
			return prefix + l.relay.mask(of)
		}
	}
	return "another one"
}

// Fatalf is called when the server cannot listen.
func (l *serverLog) Fatalf(format string, v ...any) { l.fatal = fmt.Errorf(format, v...) }

// Noticef and the others say nothing that an operator misses.
func (l *serverLog) Noticef(string, ...any) {}
func (l *serverLog) Warnf(string, ...any)   {}
func (l *serverLog) Debugf(string, ...any)  {}
func (l *serverLog) Tracef(string, ...any)  {}

// strangers logs what clients try that are not let in, or may not do it: no more than so many
// lines, or they would fill the disk.
type strangers struct {
	log   *slog.Logger
	lines *rate.Limiter
}

func newStrangers(log *slog.Logger) *strangers {
	return &strangers{log, rate.NewLimiter(strangersLines, strangersBurst)}
}

func (s *strangers) say(what string, attrs ...any) {
	if s.lines.Allow() {
		s.log.Warn(what, attrs...)
	}
}
