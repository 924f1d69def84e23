package main

import (
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// closeTime is how long all may take that is closed when the links are down. It is a little less than
// what operators are told: the process has to end by then.
const closeTime = 10*time.Second - 2*lastWords

// lastWords is how long the log may take to write the last line.
const lastWords = 250 * time.Millisecond

// watchdog ends the process if a stop takes too long.
type watchdog struct {
	within time.Duration // of the stop
	log    *slog.Logger
	exit   func(code int)
	parts  atomic.Pointer[parts] // nil while the gateway starts

	once sync.Once
}

func newWatchdog(drain time.Duration, log *slog.Logger) *watchdog {
	return &watchdog{within: drain + closeTime, log: log, exit: os.Exit}
}

// start is called when the stop begins.
func (w *watchdog) start() {
	w.once.Do(func() { time.AfterFunc(w.within, w.end) })
}

// end ends the process. It does not wait for a log that hangs, too.
func (w *watchdog) end() {
	hangs := []string{"start"}
	if p := w.parts.Load(); p != nil {
		hangs = p.names()
	}
	said := make(chan struct{})
	go func() {
		w.log.Error("the gateway does not stop in time and is ended", "waited", w.within, "hangs", strings.Join(hangs, ", "))
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(lastWords):
	}
	w.exit(1)
}
