package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Bounds of what a process may take.
const (
	startTime = 30 * time.Second // to say that it is ready
	stopTime  = 30 * time.Second // to end after SIGTERM
	lookAgain = 2 * time.Millisecond
)

// process is a child: a peer, a proxy or the gateway. Its output goes to a file.
type process struct {
	name   string
	cmd    *exec.Cmd
	output string        // the file
	ended  chan struct{} // closed when it has exited
	err    error         // static once ended is closed
}

// start starts a process. Its files are in dir, which exists. Extra files are its descriptors 3 and up.
func start(dir, name string, extra []*os.File, binary string, args ...string) (*process, error) {
	p := &process{name: name, output: filepath.Join(dir, name+".out"), ended: make(chan struct{})}
	out, err := os.Create(p.output)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	p.cmd = exec.Command(binary, args...)
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.ExtraFiles, p.cmd.Dir = out, out, extra, dir
	p.cmd.Env = slices.DeleteFunc(os.Environ(), isSetting)
	p.cmd.SysProcAttr = childAttributes()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// isSetting reports whether a variable would change what a gateway does: a setting, or what systemd says.
func isSetting(variable string) bool {
	return strings.HasPrefix(variable, "READBACK_") || strings.HasPrefix(variable, "LISTEN_") || strings.HasPrefix(variable, "NOTIFY_SOCKET=")
}

// await waits until the process has printed what re matches, and returns the match.
func (p *process) await(ctx context.Context, limit time.Duration, re *regexp.Regexp) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%s did not print %v within %v", p.name, re, limit))
	defer cancel()
	t := time.NewTicker(lookAgain)
	defer t.Stop()
	for over := false; ; {
		text, err := os.ReadFile(p.output)
		if err != nil {
			return nil, err
		}
		if found := re.FindStringSubmatch(string(text)); found != nil {
			return found, nil
		}
		if over {
			return nil, p.failed(fmt.Sprintf("ended before it was ready: %v", p.err))
		}
		select {
		case <-t.C:
		case <-p.ended:
			over = true // after one more look
		case <-ctx.Done():
			return nil, p.failed(context.Cause(ctx).Error())
		}
	}
}

// wait waits until the process has exited by itself.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.ended:
	case <-ctx.Done():
		return p.failed(context.Cause(ctx).Error())
	}
	if p.err != nil {
		return p.failed(p.err.Error())
	}
	return nil
}

// failed returns an error with the last lines of the process.
func (p *process) failed(what string) error {
	const lines = 5
	text, _ := os.ReadFile(p.output) // the error says more than the lack of it
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return fmt.Errorf("%s: %s\n  %s", p.name, what, strings.Join(all[max(0, len(all)-lines):], "\n  "))
}

// cpu returns the processor time that the process has used so far.
func (p *process) cpu() (time.Duration, error) {
	d, err := cpuTime(p.cmd.Process.Pid)
	if err != nil {
		return 0, p.failed("has ended: " + err.Error())
	}
	return d, nil
}

// total returns the processor time of a process that has exited.
func (p *process) total() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// settle waits until the process has come to rest, for a while at most, so that what it does later because
// of a load is charged to the load.
func (p *process) settle(ctx context.Context, while time.Duration) error {
	const period = 100 * time.Millisecond
	last, err := p.cpu()
	for until := time.Now().Add(while); err == nil && time.Now().Before(until); {
		select {
		case <-time.After(period):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		var now time.Duration
		now, err = p.cpu()
		if now-last <= tick {
			break
		}
		last = now
	}
	return err
}

// stop ends the process: by SIGTERM, and by SIGKILL if that takes too long. It returns when it has exited.
func (p *process) stop() error {
	select {
	case <-p.ended:
		return nil // whoever waited for it knows how
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTime):
	}
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
	return fmt.Errorf("%s did not end within %v of SIGTERM", p.name, stopTime)
}
