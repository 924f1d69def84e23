// Command mutants plants faults in the code, one at a time, and reports which of
// them no test of the package notices. The faults are edits in text files in
// internal/mutants/edits; docs/testing.md explains how to write one and how to read
// the result. The tree itself is never changed: the go command reads an edited file
// from a temporary directory (go help build, -overlay).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// Exit codes.
const (
	exitCaught      = 0   // all faults were caught
	exitSurvived    = 1   // a fault survived, or could not be built
	exitUsage       = 2   // nothing was planted: wrong arguments, wrong edits, or tests that fail anyway
	exitInterrupted = 130 // as a shell reports SIGINT
)

const usage = `Usage: go run ./internal/mutants [flags], in the root of the module

Plants the faults of internal/mutants/edits one at a time and runs the tests of
their packages: first the tests that an edit names, then, if these pass, all.

  exit 0    every fault was caught
  exit 1    a fault survived, or its file does not build
  exit 2    nothing was planted: an edit does not apply, or tests fail without it

Flags:
`

// editsDir is where the edits are, from the root of the module.
const editsDir = "internal/mutants/edits"

// options are what the flags say.
type options struct {
	root     string        // directory of the module
	edits    string        // directory of the edits
	run      string        // regexp of the ids to plant; empty stands for all
	parallel int           // how many faults are tested at a time
	timeout  time.Duration // of a package's tests; zero stands for three times what they take without a fault, and 10 s
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	o, err := parseFlags(os.Args[1:], os.Stderr)
	code := exitUsage
	switch {
	case errors.Is(err, flag.ErrHelp):
		code = exitCaught
	case err == nil:
		code = mutate(ctx, o, os.Stdout)
	}
	stop()
	os.Exit(code)
}

// parseFlags returns the options that args stand for. It prints to w what is wrong
// with them, and the help.
func parseFlags(args []string, w io.Writer) (options, error) {
	o := options{root: ".", edits: editsDir}
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(w)
	flags.StringVar(&o.run, "run", "", "plant only the faults whose id matches this `regexp`")
	flags.IntVar(&o.parallel, "parallel", 2, "how many faults are tested at a time")
	flags.DurationVar(&o.timeout, "timeout", 0, "how long the tests of a package may take; more counts as caught\n"+
		"(default three times what they take without a fault, and 10 s)")
	flags.Usage = func() {
		say(w, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		flags.Usage()
		return options{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, nil
}

// mutate plants the selected faults, prints what became of them to w, and returns
// the exit code.
func mutate(ctx context.Context, o options, w io.Writer) int {
	planted, err := selectFaults(o)
	if err != nil {
		say(w, "%v\n", err)
		return exitUsage
	}
	t, err := newTester(o)
	if err != nil {
		say(w, "%v\n", err)
		return exitUsage
	}
	defer t.close()
	if err := t.baseline(ctx, planted, w); err != nil {
		if ctx.Err() != nil {
			return exitInterrupted
		}
		say(w, "%v\n", err)
		return exitUsage
	}
	results := t.judgeAll(ctx, planted, w)
	summarize(w, results)
	switch {
	case ctx.Err() != nil:
		say(w, "interrupted: %d of %d faults were tested\n", len(results), len(planted))
		return exitInterrupted
	case count(results, survived)+count(results, unbuilt) > 0:
		return exitSurvived
	}
	return exitCaught
}

// selectFaults reads the edits and applies those whose id o.run matches. The error
// lists all edits that do not apply, whether they are selected or not.
func selectFaults(o options) ([]fault, error) {
	match, err := regexp.Compile(o.run)
	if err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	edits, err := readEdits(o.edits, o.root)
	if err != nil {
		return nil, err
	}
	all, err := applyAll(o.root, edits)
	if err != nil {
		return nil, err
	}
	var selected []fault
	for _, f := range all {
		if match.MatchString(f.id) {
			selected = append(selected, f)
		}
	}
	if len(selected) == 0 {
		return nil, fmt.Errorf("no fault is selected: -run %q, %d edits in %s", o.run, len(all), o.edits)
	}
	return selected, nil
}

// say prints to w. A reader that is gone ends the process by itself.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
