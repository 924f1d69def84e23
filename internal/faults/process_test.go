//go:build faults

package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"readback/internal/promise"
	"readback/internal/seed"
)

// process is a life of readback serve.
type process struct {
	w     *world
	cmd   *exec.Cmd
	esmes string // where ESMEs bind
	reads string // of the HTTP interface
	ops   string // of metrics and health

	ctx     context.Context // ends before the process does
	leave   context.CancelFunc
	exited  chan struct{}
	err     error          // static once exited is closed
	asking  sync.WaitGroup // read responses and sessions that await the end
	serving chan struct{}  // closed when addresses are known

	mu    sync.Mutex
	lines []string // guarded by mu: of the log
}

// launch starts the program and waits until it serves. extra goes in front of the command.
func (w *world) launch(extra ...string) *process {
	w.Helper()
	p := &process{w: w, exited: make(chan struct{}), serving: make(chan struct{})}
	p.ctx, p.leave = context.WithCancel(w.ctx)
	args := append(extra, program, "serve", "--config", w.config)
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Env = seed.Environ()
	out, err := p.cmd.StderrPipe()
	if err == nil {
		p.cmd.Stdout = p.cmd.Stderr
		err = p.cmd.Start()
	}
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended, unless the test failed
		<-p.exited
	})
	began := w.book.now()
	go func() {
		p.follow(out)
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	select {
	case <-p.serving:
	case <-p.exited:
		w.Fatalf("it does not start: %v\n%s", p.err, p.tail())
	case <-time.After(30 * time.Second):
		w.Errorf("it does not serve after 30 s:\n%s", p.tail())
		_ = p.cmd.Process.Kill()
		w.FailNow()
	}
	if took := w.book.now() - began; took > 10*time.Second {
		w.Errorf("it serves after %v", took)
	}
	w.set(p)
	p.asking.Go(p.sample)
	return p
}

// follow reads the log.
func (p *process) follow(r io.Reader) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		line := s.Text()
		p.mu.Lock()
		p.lines = append(p.lines, line)
		p.mu.Unlock()
		var l struct{ Level, Msg, ESMEs, Reads, Ops string }
		if json.Unmarshal([]byte(line), &l) != nil {
			if strings.Contains(line, "panic") || strings.Contains(line, "fatal error") {
				p.w.book.wrong("panic", line)
			}
			continue
		}
		switch {
		case l.Msg == "serving":
			p.esmes, p.reads, p.ops = l.ESMEs, l.Reads, l.Ops
			close(p.serving)
		case l.Level == "ERROR":
			p.w.book.add(promise.Event{Kind: promise.Logged, Text: line})
		case l.Level == "WARN" || strings.Contains(l.Msg, "ledger"):
			p.w.book.note(line)
		}
	}
}

func (p *process) tail() string {
	const newest = 30
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines[max(0, len(p.lines)-newest):], "\n")
}

// kill ends the process without a warning.
func (p *process) kill() {
	if err := p.cmd.Process.Kill(); err != nil {
		p.w.Fatal(err)
	}
	<-p.exited
	p.over(promise.Event{Kind: promise.Killed})
}

// stop sends SIGTERM, and waits for the end.
func (p *process) stop() {
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.w.Fatal(err)
	}
	const most = 25 * time.Second
	select {
	case <-p.exited:
	case <-time.After(most):
		p.w.Errorf("it does not stop:\n%s", p.tail())
		p.kill()
		return
	}
	p.over(promise.Event{Kind: promise.Stopped, Took: time.Since(began), OK: p.err == nil})
}

// over notes the end of a process when all that it has sent has arrived.
func (p *process) over(e promise.Event) {
	p.leave()
	p.w.set(nil)
	p.asking.Wait()
	p.w.smsc.await()
	p.w.book.add(e)
}

// sample compares /readyz and the metric again and again, and notes when the ledger is up.
func (p *process) sample() {
	known, up := false, false
	for p.ctx.Err() == nil {
		before, why, ok := p.ready()
		metric, ok2 := p.isDownByMetric()
		after, _, ok3 := p.ready()
		if ok && ok2 && ok3 && before == after && metric == before {
			p.w.book.wrong("/readyz and the metric differ", fmt.Sprintf("ready %v, down by metric %v: %s", before, metric, why))
		}
		if ok && p.w.isCurrent(p) && (!known || before != up) {
			known, up = true, before
			kind := promise.Down
			if up {
				kind = promise.Up
			}
			p.w.book.add(promise.Event{Kind: kind, Text: why})
		}
		rest(p.ctx, 50*time.Millisecond)
	}
}

// ready asks /readyz whether the ledger is up.
func (p *process) ready() (up bool, why string, ok bool) {
	text, ok := p.get("/readyz")
	var r struct{ Reasons map[string]string }
	if !ok || json.Unmarshal([]byte(text), &r) != nil {
		return false, "", false
	}
	_, down := r.Reasons["relay"]
	return !down, strings.TrimSpace(text), true
}

func (p *process) isDownByMetric() (down, ok bool) {
	text, ok := p.get("/metrics")
	down = strings.Contains(text, "\nreadback_ledger_down 1\n")
	return down, ok && (down || strings.Contains(text, "\nreadback_ledger_down 0\n"))
}

func (p *process) get(path string) (text string, ok bool) {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.ops+path, nil)
	if err != nil {
		return "", false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", false
	}
	defer func() { _ = resp.Body.Close() }() // it is read
	b, err := io.ReadAll(resp.Body)
	return string(b), err == nil
}

// awaitUp waits until the ledger is up, as it must be without anybody's help.
func (p *process) awaitUp() {
	p.w.Helper()
	var why string
	if !poll(p.w.ctx, 30*time.Second, func() (up bool) { up, why, _ = p.ready(); return up }) {
		p.w.Errorf("the ledger does not come back: %s\n%s", why, p.tail())
	}
}
