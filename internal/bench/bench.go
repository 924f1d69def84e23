// Package bench measures what a message costs on its way through the gateway, beside a direct connection, a
// plain TCP relay, HAProxy and another release: what `readback bench` does. Load, sink, relay, HAProxy and
// gateway are processes of their own, so that the processor time of each is known.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// bench is a run of the benchmark.
type bench struct {
	opt     Options
	haproxy string // path; empty if it is not installed
	dir     string // of all files
	worlds  int    // opened so far
	done    int    // loads measured so far
	loads   int    // to measure, in all
}

// Run measures what opt asks for, and returns what it has measured also with an error. It ends all processes
// that it started, and removes their files.
func Run(ctx context.Context, opt Options) (report Report, err error) {
	opt, err = opt.withDefaults()
	if err != nil {
		return report, err
	}
	if err := checkProc(); err != nil {
		return report, err
	}
	b := &bench{opt: opt, haproxy: findHAProxy()}
	if b.dir, err = os.MkdirTemp(opt.Dir, "readback-bench-"); err != nil {
		return report, err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if report, err = b.describe(ctx); err != nil {
		return report, err
	}
	if b.haproxy == "" {
		b.say("HAProxy is not installed: its rows are left out (apt-get install haproxy)\n")
	}
	return report, b.runAll(ctx, &report)
}

// runAll measures all parts and adds them to the report.
func (b *bench) runAll(ctx context.Context, report *Report) error {
	parts := b.plan()
	for _, p := range parts {
		b.loads += len(p.setups) * b.opt.Rounds
	}
	if b.opt.Record > 0 {
		b.loads += len(recordCases) * len(b.releases()) * b.opt.Rounds
		title := fmt.Sprintf("%d conversations on record", b.opt.Record)
		parts = append(parts, part{kind: Record, title: title, special: (*bench).record})
	}
	err := b.runParts(ctx, parts, report)
	if b.opt.Idle > 0 && ctx.Err() == nil {
		var err2 error
		report.Idle, err2 = b.idle(ctx)
		err = errors.Join(err, err2)
	}
	return err
}

// runParts goes on with the next part when a load fails: a long run keeps what can be measured.
func (b *bench) runParts(ctx context.Context, parts []part, report *Report) error {
	var errs []error
	for _, p := range parts {
		rows, err := p.run(ctx, b)
		report.add(p.kind, p.title, rows)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.title, err))
			b.say("%v\n", errs[len(errs)-1])
		}
		if ctx.Err() != nil {
			return errors.Join(errs...)
		}
	}
	return errors.Join(errs...)
}

// say shows progress.
func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.opt.Progress, format, args...) // whoever closed it does not want it
}

// describe returns a report without results.
func (b *bench) describe(ctx context.Context) (Report, error) {
	r := Report{
		At: time.Now().UTC().Truncate(time.Second), Processors: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Time: b.opt.Time, Rounds: b.opt.Rounds,
	}
	var err error
	if r.This, err = b.version(ctx, b.opt.Binary, b.opt.Label); err == nil && b.opt.Against != "" {
		r.Against, err = b.version(ctx, b.opt.Against, b.opt.AgainstLabel)
	}
	if err == nil && b.haproxy != "" {
		r.HAProxy, err = firstLine(ctx, b.dir, b.haproxy, "-v")
	}
	return r, err
}

// version asks a gateway's binary for its release, which is called label if there is one.
func (b *bench) version(ctx context.Context, binary, label string) (string, error) {
	line, err := firstLine(ctx, b.dir, binary, "version")
	if err != nil {
		return "", fmt.Errorf("%s is no readback that can be measured: %w", filepath.Base(binary), err)
	}
	return cmp.Or(label, line), nil
}
