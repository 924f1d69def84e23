package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// Bounds of the lines about clients that are refused, or that try what they may not do, and of those about
// the store: they could fill the disk otherwise.
const (
	refusedLines = 10 // a second
	refusedBurst = 100
)

// serverLog is the log of the embedded server. It passes on what clients try that they may not do or that no
// client may (client_fault.go), why the server could not start, and what the server says of the streams and their files. All other lines name
// subscribers, and are dropped. A client of MQTT that may not publish is told that its message was taken.
type serverLog struct {
	opt     *Options
	fronts  *fronts
	limited *limitedLog // lines about clients
	store   *limitedLog // lines about the store
	fatal   error       // written by the goroutine that starts the server

	failed  atomic.Pointer[error]   // a write that failed: the server does not write to that stream any more
	working context.Context         // ends then
	fail    context.CancelCauseFunc // ends it
}

func newServerLog(opt *Options, limited *limitedLog, fronts *fronts) *serverLog {
	l := &serverLog{opt: opt, fronts: fronts, limited: limited, store: newLimitedLog(opt.Log)}
	l.working, l.fail = context.WithCancelCause(context.Background())
	return l
}

var (
	notPermitted = regexp.MustCompile(`^(.*?) - .*(Publish|Subscription) Violation - Subject "([^"]*)"`)

	// writeError is in the lines that say that a message was not written. The server never writes to
	// the stream again then, or to none.
	writeError = regexp.MustCompile(`ritical write error|failed to store a msg|disabling JetStream|JetStream out of .*DISABLED`)

	// ofStore is how the lines about streams and their files begin.
	ofStore = regexp.MustCompile(`^ *(Filestore \[|JetStream |Missing |Error (reading|decrypting|unmarshalling|recreating|adding|replacing)|Stream metafile|Detected |Failed restoring|Can't start JetStream|File ?system |Resource not found)`)
)

// failure returns the write that failed; nil if none did.
func (l *serverLog) failure() error {
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Errorf is called for each thing that a client may not do, and for what goes wrong with the store.
func (l *serverLog) Errorf(format string, v ...any) {
	line := fmt.Sprintf(format, v...)
	if m := notPermitted.FindStringSubmatch(line); m != nil {
		what := strings.ToLower(m[2])
		l.opt.Metrics.denied.WithLabelValues(what).Inc()
		l.limited.line(slog.LevelWarn, "client may not do this", "what", what, "remote", l.fronts.remote(m[1]), "subject", l.subject(m[3]))
		return
	}
	if !l.aboutClient(line) {
		l.aboutStore(slog.LevelError, line)
	}
}

// Warnf is called for what the server finds wrong with the store, and can go on with.
func (l *serverLog) Warnf(format string, v ...any) {
	l.aboutStore(slog.LevelWarn, fmt.Sprintf(format, v...))
}

// aboutStore logs a line about the streams and their files. Of the writes that fail only the first one is
// logged: the server says it of each stream, and again with each message.
func (l *serverLog) aboutStore(level slog.Level, line string) {
	if !ofStore.MatchString(line) {
		return
	}
	line = maskSubjects(strings.TrimSpace(line), l.opt.Mask)
	if !writeError.MatchString(line) {
		l.store.line(level, "embedded NATS server says of the store", "line", line)
		return
	}
	l.fails(errors.New(line))
}

// fails is called when the store cannot be written.
func (l *serverLog) fails(err error) {
	if l.failed.CompareAndSwap(nil, &err) {
		l.opt.Log.Error("store cannot be written", "error", err)
		l.fail(err)
	}
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

func (l *limitedLog) line(level slog.Level, what string, attrs ...any) {
	if l.lines.Allow() {
		l.log.Log(context.Background(), level, what, attrs...)
	}
}
