package ops

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// said returns what was written since it was last called, a word for each line.
func said(out *bytes.Buffer) string {
	defer out.Reset()
	var all []string
	for line := range strings.Lines(out.String()) {
		_, rest, _ := strings.Cut(line, "msg=")
		all = append(all, strings.Fields(rest)[0])
	}
	return strings.Join(all, " ")
}

// An account's lines are shown at its own level, whether the logger or the line names it, until the time is over.
func TestAccountLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := new(LogSettings)
		if err := s.Set("warn", true); err != nil {
			t.Fatal(err)
		}
		log, err := NewLogger(&out, "text", s)
		if err != nil {
			t.Fatal(err)
		}
		link := log.With("remote", "192.0.2.1").With("account", "caf\xe9").With("id", 1)
		other := log.With("account", "shop")
		speak := func() string {
			link.Debug("link")
			link.Info("link-info")
			log.Debug("line", "account", "caf\xe9")
			log.Debug("line-of-another", "account", "shop")
			log.Debug("nobody")
			other.Info("another")
			log.WithGroup("g").Info("group", "account", "café")
			log.Warn("warning")
			return said(&out)
		}
		if got := speak(); got != "warning" {
			t.Errorf("before: got %q", got)
		}
		if err := s.SetLevel("café", "debug", time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := speak(); got != "link link-info line group warning" {
			t.Errorf("for the account: got %q", got)
		}
		if err := s.SetLevel("", "info", 2*time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := speak(); got != "link link-info line another group warning" {
			t.Errorf("for all, too: got %q", got)
		}
		if err := s.Set("error", true); err != nil { // as a reload does
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := speak(); got != "link-info another group warning" {
			t.Errorf("a minute later: got %q", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := speak(); got != "" {
			t.Errorf("two minutes later: got %q", got)
		}
	})
}

// What an operator has set is listed, and ends at once if he says so.
func TestLevels(t *testing.T) {
	s := new(LogSettings)
	if err := s.Set("info", true); err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{"", "bank", "shop"} {
		if err := s.SetLevel(account, "debug", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	all := s.Levels()
	if all.Configured != "info" || all.General == nil || all.General.Level != "debug" || len(all.Accounts) != 2 || all.Accounts["bank"].Level != "debug" {
		t.Errorf("got %+v", all)
	}
	s.ResetLevels("bank")
	if all = s.Levels(); all.General == nil || len(all.Accounts) != 1 {
		t.Errorf("without bank: got %+v", all)
	}
	s.ResetLevels("")
	if all = s.Levels(); all.General != nil || len(all.Accounts) != 0 {
		t.Errorf("reset: got %+v", all)
	}
	for _, bad := range []struct {
		level  string
		within time.Duration
	}{{"loud", time.Minute}, {"", time.Minute}, {"debug", 0}, {"debug", -1}, {"debug", MaxLogTime + 1}} {
		if err := s.SetLevel("bank", bad.level, bad.within); err == nil {
			t.Errorf("%q for %v: got nil, want an error", bad.level, bad.within)
		}
	}
	for i := range maxLogAccounts + 1 {
		err := s.SetLevel(strings.Repeat("a", i+1), "debug", time.Minute)
		if (err != nil) != (i == maxLogAccounts) {
			t.Errorf("account %d: got %v", i, err)
		}
	}
}

// Lines that are not shown cost no memory, whether an account has a level or not.
func TestLevelCost(t *testing.T) {
	s := new(LogSettings)
	if err := s.Set("info", true); err != nil {
		t.Fatal(err)
	}
	log, err := NewLogger(new(bytes.Buffer), "text", s)
	if err != nil {
		t.Fatal(err)
	}
	link := log.With("account", "shop")
	for range 2 {
		if n := testing.AllocsPerRun(100, func() {
			if link.Enabled(context.Background(), slog.LevelDebug) {
				t.Error("a line about another account is shown")
			}
		}); n > 0 {
			t.Errorf("got %v allocations", n)
		}
		if err := s.SetLevel("bank", "debug", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
}
