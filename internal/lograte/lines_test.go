package lograte

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// However many lines there are to log, few are; others are not held up by them, and what is missing is told.
func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		var l Lines
		for range 1000 {
			l.Warn(log, "refused", "flood", "remote", "192.0.2.1:7")
		}
		l.Info(log, "refused", "rare")
		if got := strings.Count(out.String(), "reason=flood"); got != burst {
			t.Errorf("got %d lines of a flood, want %d", got, burst)
		}
		if got := out.String(); !strings.Contains(got, "level=INFO msg=refused reason=rare") {
			t.Errorf("got %s, want the line with another reason", got)
		}
		time.Sleep(time.Second) // virtual
		l.Warn(log, "refused", "flood")
		if got, want := out.String(), "level=WARN msg=refused reason=flood more_of_them=980"; !strings.Contains(got, want) {
			t.Errorf("got %s, want %q", got, want)
		}
	})
}
