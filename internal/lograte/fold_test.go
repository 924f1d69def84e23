package lograte

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Warnings and errors that repeat are folded, whoever logs them; those for another reason, and lines that are no
// warnings, are not.
func TestFold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(Fold(slog.NewTextHandler(&out, nil)))
		for range 100 {
			log.With("account", "bank").Warn("no answer", "error", errors.New("away"))
			log.WithGroup("group").Warn("no answer", "error", errors.New("away"))
			log.Info("no answer", "error", errors.New("away"))
		}
		log.Warn("no answer", "error", errors.New("refused"))
		log.Error("gone")
		for want, n := range map[string]int{"level=WARN msg=\"no answer\"": burst + 1, "level=INFO": 100, "error=refused": 1, "msg=gone": 1, "more_of_them": 0} {
			if got := strings.Count(out.String(), want); got != n {
				t.Errorf("%s: got %d lines, want %d", want, got, n)
			}
		}
		time.Sleep(2 * time.Second) // virtual
		log.Warn("no answer", "error", errors.New("away"), "sequence", 7)
		if got, want := out.String(), "level=WARN msg=\"no answer\" error=away sequence=7 more_of_them=180 within=2s\n"; !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
		for range 100 {
			log.With("account", "bank").Warn("no answer", "error", errors.New("away"))
		}
		time.Sleep(reportAfter)
		synctest.Wait()
		if got, want := out.String(), "level=WARN msg=\"no answer\" account=bank error=away more_of_them=99 within=10s\n"; !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
