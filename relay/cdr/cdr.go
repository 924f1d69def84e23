// Package cdr writes call detail records: a line of JSON for each numbered message, some time after its submission.
//
// A Writer follows the records of accepted messages in the log. When one is old enough, the Writer looks up what
// became of its message, and writes that. A position file beside the files of lines says how far in the log and in
// the last file it got. It is replaced after the lines are on the disk, and what stands behind it in the last file is cut off
// before the Writer goes on: a process that was killed neither loses a line nor writes it twice.
package cdr

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/crash"
	"readback/internal/metric"
	"readback/relay/journal"
	"readback/relay/message"
)

// every is how often a Writer looks for messages that are old enough.
const every = time.Minute

// Options are what a Writer works with.
type Options struct {
	Settings
	// Lookup returns the messages at places, in their order; nil in place of one that is gone.
	Lookup func(ctx context.Context, places []journal.Place) ([]*message.History, error)
	// Now returns the time.
	Now     func() time.Time
	Log     *slog.Logger
	Metrics *Metrics
}

// Metrics count what a Writer does.
type Metrics struct {
	lines, failures prometheus.Counter
}

// NewMetrics declares the metrics of a Writer.
func NewMetrics(f metric.Factory) *Metrics {
	return &Metrics{
		lines: f.Counter(metric.Opts{Name: "readback_cdr_lines_total", Help: "Call detail records that were written."}),
		failures: f.Counter(metric.Opts{
			Name: "readback_cdr_failures_total", Help: "Tries to write call detail records that failed.",
			Detail: "There is one a minute. SMS and the ledger go on, and no record is left out.", Look: "it rises",
		}),
	}
}

// Writer writes the call detail records of a ledger. It belongs to one goroutine at a time.
type Writer struct {
	opt    Options
	files  *files
	failed string        // why the last try failed; empty: it did not
	busy   chan struct{} // has a value from when messages are looked up until their lines are written
}

// NewWriter returns a Writer that has opened nothing yet.
func NewWriter(opt Options) *Writer {
	return &Writer{opt: opt, busy: make(chan struct{}, 1), files: &files{
		dir: opt.Dir, most: int64(opt.MaxSize), open: openFile,
		written: func(lines int) { opt.Metrics.lines.Add(float64(lines)) },
	}}
}

// Run writes until ctx ends. open opens the log to read it. What fails is tried again a minute later.
func (w *Writer) Run(ctx context.Context, open func(ctx context.Context) (journal.Log, error)) {
	defer crash.OnPanic()
	defer w.files.close()
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		w.try(ctx, open)
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// Await waits until the lines are written of all messages that have been looked up. Those that are written later know
// what has happened to their messages by now. It may be called at any time.
func (w *Writer) Await(ctx context.Context) error {
	select {
	case w.busy <- struct{}{}:
		<-w.busy
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// try writes what is due, and says so when that begins to fail, or works again.
func (w *Writer) try(ctx context.Context, open func(ctx context.Context) (journal.Log, error)) {
	err := w.write(ctx, open)
	switch {
	case ctx.Err() != nil:
		return
	case err == nil:
		if w.failed != "" {
			w.opt.Log.Info("call detail records are written again")
		}
		w.failed = ""
		return
	}
	w.files.close()
	w.opt.Metrics.failures.Inc()
	if reason := err.Error(); reason != w.failed {
		w.opt.Log.Error("call detail records cannot be written, and wait", "dir", w.opt.Dir, "error", err)
		w.failed = reason
	}
}

// write writes what is due, and removes files that are too old.
func (w *Writer) write(ctx context.Context, open func(ctx context.Context) (journal.Log, error)) error {
	anew, found, err := w.files.begin()
	switch {
	case err != nil:
		return err
	case anew && found == "":
		w.opt.Log.Info("call detail records begin, with those of all messages in the log", "dir", w.opt.Dir)
	case anew:
		w.opt.Log.Warn("there is no position of call detail records: those of all messages in the log are written, though there are files", "newest", found)
	}
	log, err := open(ctx)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := w.follow(ctx, log); err != nil {
		return err
	}
	return w.files.expire(w.opt.Now().Add(-w.opt.Keep))
}
