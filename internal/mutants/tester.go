package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// baselineTimeout is how long the tests of a package may take without a fault.
const baselineTimeout = 10 * time.Minute

// A tester builds packages with a fault and runs their tests.
type tester struct {
	opt     options
	scratch string // directory of all temporary files

	mu     sync.Mutex
	limits map[string]time.Duration // of a package's tests, by directory; complete after baseline
}

func newTester(o options) (*tester, error) {
	root, err := filepath.Abs(o.root)
	if err != nil {
		return nil, err
	}
	o.root, o.parallel = root, max(o.parallel, 1)
	scratch, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	return &tester{opt: o, scratch: scratch, limits: map[string]time.Duration{}}, nil
}

func (t *tester) close() { _ = os.RemoveAll(t.scratch) }

// baseline runs the tests of the packages that have a fault to plant, without one.
// The error says whose tests fail.
func (t *tester) baseline(ctx context.Context, faults []fault, w io.Writer) error {
	var g errgroup.Group
	g.SetLimit(t.opt.parallel)
	seen := map[string]bool{}
	for _, f := range faults {
		pkg := f.pkg()
		if seen[pkg] {
			continue
		}
		seen[pkg] = true
		g.Go(func() error { return t.measure(ctx, pkg, w) })
	}
	return g.Wait()
}

// limit is how long the tests of a package may take with a fault, when they took so
// long without.
func (o options) limit(took time.Duration) time.Duration {
	if o.timeout > 0 {
		return o.timeout
	}
	return 3*took + 10*time.Second
}

// measure runs the tests of one package without a fault and sets its limit.
func (t *tester) measure(ctx context.Context, pkg string, w io.Writer) error {
	dir, err := os.MkdirTemp(t.scratch, "")
	if err != nil {
		return err
	}
	bin, err := t.build(ctx, dir, pkg, "")
	if err != nil {
		return err
	}
	start := time.Now()
	o := t.test(ctx, bin, pkg, "", baselineTimeout)
	took := time.Since(start)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case !o.passed:
		return fmt.Errorf("%s fails without a fault:\n%s", pkg, o.output)
	}
	t.limits[pkg] = t.opt.limit(took)
	say(w, "%s passes without a fault, %.1f s\n", pkg, took.Seconds())
	return nil
}

// plant writes the edited file and its overlay into dir, and returns the overlay.
func (t *tester) plant(dir string, f fault) (overlay string, err error) {
	edited := filepath.Join(dir, path.Base(f.file)) // the name that the compiler prints
	if err := os.WriteFile(edited, []byte(f.text), 0o600); err != nil {
		return "", err
	}
	original := filepath.Join(t.opt.root, filepath.FromSlash(f.file))
	j, err := json.Marshal(map[string]any{"Replace": map[string]string{original: edited}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, j, 0o600)
}

// build makes the test binary of pkg in dir. overlay may be empty.
func (t *tester) build(ctx context.Context, dir, pkg, overlay string) (bin string, err error) {
	bin = filepath.Join(dir, "package.test")
	args := []string{"test", "-c", "-ldflags=-s -w", "-o", bin}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Dir = t.opt.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go test -c %s: %w\n%s", pkg, err, out)
	}
	return bin, nil
}

// outcome is what a run of tests came to.
type outcome struct {
	passed bool
	hung   bool     // it took longer than it may
	failed []string // the tests that failed
	output string
}

var failure = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// test runs the tests of bin that match run, in the directory of pkg as go test
// does. An empty run stands for all.
func (t *tester) test(ctx context.Context, bin, pkg, run string, limit time.Duration) outcome {
	// The binary stops by itself at the limit, with a trace. The context is for one that cannot.
	hard, cancel := context.WithTimeout(ctx, limit+10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(hard, bin, "-test.run="+run, "-test.failfast", "-test.count=1", "-test.paniconexit0", "-test.timeout="+limit.String())
	cmd.Dir = filepath.Join(t.opt.root, filepath.FromSlash(pkg))
	cmd.WaitDelay = time.Second // for what the tests started and left behind
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	o := outcome{passed: err == nil || errors.Is(err, exec.ErrWaitDelay), output: string(out.b)}
	o.hung = hard.Err() != nil || !o.passed && strings.Contains(o.output, "panic: test timed out after ")
	for _, m := range failure.FindAllStringSubmatch(o.output, -1) {
		o.failed = append(o.failed, m[1])
	}
	return o
}

// tail is a writer that keeps the end of what it gets: a fault may print without end.
type tail struct{ b []byte }

const tailLen = 1 << 20

func (t *tail) Write(b []byte) (int, error) {
	t.b = append(t.b, b...)
	if len(t.b) > 2*tailLen {
		t.b = t.b[:copy(t.b, t.b[len(t.b)-tailLen:])]
	}
	return len(b), nil
}
