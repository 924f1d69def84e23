package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/relaytest"
)

// A stop that takes too long is ended, and the log says what hangs.
func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p parts
		lines := &relaytest.LogLines{}
		quiet := slog.New(slog.DiscardHandler)
		release := make(chan struct{})
		p.start(t.Context(), quiet, "quick", func(context.Context) error { return errors.New("it has ended") })
		p.start(t.Context(), quiet, "store", func(context.Context) error { <-release; return nil })
		synctest.Wait()
		w := newWatchdog(time.Second, lines.Logger())
		w.parts.Store(&p)
		ended := make(chan time.Time, 1)
		w.exit = func(code int) {
			if code == 0 {
				t.Error("got exit 0, want another")
			}
			ended <- time.Now()
		}
		began := time.Now()
		w.start()
		time.Sleep(time.Second) // of the bubble
		w.start()               // the second signal changes nothing here
		if got, want := (<-ended).Sub(began), time.Second+closeTime; got != want {
			t.Errorf("it took %s, want %s from the first signal on", got, want)
		}
		if lines.Count("level=ERROR") != 1 || lines.Count("hangs=store") != 1 {
			t.Errorf("log: got %q, want what hangs", lines.All)
		}
		close(release)
		p.wait()
	})
}

// A log that hangs, too, does not hold up the end of the process.
func TestWatchdogWithoutLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := net.Pipe() // nobody reads
		w := newWatchdog(time.Second, slog.New(slog.NewTextHandler(out, nil)))
		ended := make(chan struct{})
		w.exit = func(int) { close(ended) }
		began := time.Now()
		w.start()
		<-ended
		if got, want := time.Since(began), time.Second+closeTime+lastWords; got != want || got > 11*time.Second {
			t.Errorf("it took %s, want %s, and listen.drain_timeout and ten seconds at most", got, want)
		}
		_ = errors.Join(in.Close(), out.Close())
	})
}
