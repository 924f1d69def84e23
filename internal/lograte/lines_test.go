package lograte

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Reasons that differ each time fill neither the memory nor the log.
func TestLinesOfAnyReason(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	var l Lines
	for i := range 10_000 {
		l.Warn(log, "refused", strconv.Itoa(i))
	}
	if got := len(l.by); got > kinds+1 {
		t.Errorf("got %d kinds in memory, want %d", got, kinds)
	}
	if got := strings.Count(out.String(), "\n"); got > kinds+2*burst { // some a second
		t.Errorf("got %d lines, want about %d", got, kinds+burst)
	}
}

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
		if got, want := out.String(), "level=WARN msg=refused reason=flood more_of_them=980 within=1s"; !strings.Contains(got, want) {
			t.Errorf("got %s, want %q", got, want)
		}
	})
}

// If no other line comes, one says how many were dropped all the same.
func TestDroppedAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		var l Lines
		for range burst + 5 {
			l.Info(log, "refused", "flood", "remote", "192.0.2.1:7")
		}
		time.Sleep(reportAfter) // virtual
		synctest.Wait()
		if got, want := out.String(), "level=INFO msg=refused reason=flood more_of_them=5 within=10s\n"; !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %q", got, want)
		}
		n := out.Len()
		time.Sleep(time.Hour)
		synctest.Wait()
		if out.Len() != n {
			t.Errorf("got %s, want no more", out.String()[n:])
		}
	})
}

// Kinds of lines that are not seen any more leave their place to others.
func TestKindsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		var l Lines
		for i := range 2 * kinds {
			l.Warn(log, "refused", strconv.Itoa(i))
		}
		time.Sleep(sweepEvery) // virtual
		l.Warn(log, "refused", "new")
		if l.by[key{"refused", "new"}] == nil || len(l.by) != 1 {
			t.Errorf("got %d kinds, want the new one only", len(l.by))
		}
	})
}
