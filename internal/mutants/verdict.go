package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// verdict is what became of a fault.
type verdict string

const (
	caught   verdict = "caught"         // the tests that the edit names fail
	stale    verdict = "caught, stale"  // other tests of the package fail: the edit names the wrong ones
	hung     verdict = "caught, hangs"  // the tests take longer than they may
	survived verdict = "SURVIVED"       // all tests of the package pass
	unbuilt  verdict = "DOES NOT BUILD" // there was nothing to test
)

// result is a fault with its verdict.
type result struct {
	fault
	verdict verdict
	detail  string // the tests that failed, or why it does not build
	took    time.Duration
}

// judgeAll plants the faults, opt.parallel at a time, and prints each verdict to w.
// When ctx ends it returns what it has.
func (t *tester) judgeAll(ctx context.Context, faults []fault, w io.Writer) []result {
	var g errgroup.Group
	g.SetLimit(t.opt.parallel)
	var mu sync.Mutex
	var results []result
	for _, f := range faults {
		g.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			r := t.judge(ctx, f)
			if ctx.Err() != nil {
				return nil // an interruption looks like a failure
			}
			mu.Lock()
			defer mu.Unlock()
			results = append(results, r)
			say(w, "%d of %d  %5.1f s  %-14s  %s  %s\n", len(results), len(faults), r.took.Seconds(), r.verdict, r.id, firstLine(r))
			return nil
		})
	}
	_ = g.Wait() // no function returns an error
	return results
}

// firstLine is what progress says about a verdict. The summary says the rest.
func firstLine(r result) string {
	if r.verdict == unbuilt {
		return ""
	}
	return r.detail
}

// judge plants one fault and runs the tests that its edit names, then all of the
// package.
func (t *tester) judge(ctx context.Context, f fault) result {
	start := time.Now()
	r := result{fault: f}
	r.verdict, r.detail = t.verdict(ctx, f)
	r.took = time.Since(start)
	return r
}

func (t *tester) verdict(ctx context.Context, f fault) (v verdict, detail string) {
	dir, err := os.MkdirTemp(t.scratch, "")
	if err != nil {
		return unbuilt, err.Error()
	}
	defer func() { _ = os.RemoveAll(dir) }() // close tries again
	overlay, err := t.plant(dir, f)
	if err != nil {
		return unbuilt, err.Error()
	}
	bin, err := t.build(ctx, dir, f.pkg(), overlay)
	if err != nil {
		return unbuilt, err.Error()
	}
	v = caught
	o := t.test(ctx, bin, f.pkg(), f.test, t.limits[f.pkg()])
	if o.passed {
		v = stale
		o = t.test(ctx, bin, f.pkg(), "", t.limits[f.pkg()])
	}
	switch {
	case o.passed:
		return survived, ""
	case o.hung && v == caught:
		v = hung
	}
	return v, strings.Join(o.failed, " ")
}
