//go:build e2e

package interop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// process is a peer that runs on its own. It is killed when the test ends.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string // of stdout and stderr; closed at their end

	mu  sync.Mutex
	log bytes.Buffer // guarded by mu: all lines
}

// start starts a peer.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	const unread = 10_000 // more than any peer prints
	p := &process{t: t, cmd: exec.Command(name, args...), lines: make(chan string, unread)}
	r, w := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = w, w
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatalf("%s (see install.sh): %v", name, err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.read(r) })
	exited := make(chan struct{})
	go func() {
		_ = p.cmd.Wait() // most of them are killed
		_ = w.Close()    // a pipe in memory
		close(exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		<-exited
		reading.Wait()
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, p.printed())
		}
	})
	return p
}

func (p *process) read(r io.Reader) {
	defer close(p.lines)
	const longest = 1 << 20
	s := bufio.NewScanner(r)
	s.Buffer(nil, longest)
	for s.Scan() {
		p.mu.Lock()
		p.log.WriteString(s.Text() + "\n")
		p.mu.Unlock()
		select {
		case p.lines <- s.Text():
		default: // nobody waits for so many
		}
	}
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// waitLine waits for a line that contains text and returns it.
func (p *process) waitLine(ctx context.Context, text string) string {
	p.t.Helper()
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("%s ended before it printed %q", p.cmd.Path, text)
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-ctx.Done():
			p.t.Fatalf("%s did not print %q: %v", p.cmd.Path, text, context.Cause(ctx))
		}
	}
}

// wait waits until the process has ended.
func (p *process) wait(ctx context.Context) {
	p.t.Helper()
	for {
		select {
		case _, ok := <-p.lines:
			if !ok {
				return
			}
		case <-ctx.Done():
			p.t.Fatalf("%s does not end: %v", p.cmd.Path, context.Cause(ctx))
		}
	}
}

// fields are those of a PDU, by the names of the standard.
type fields map[string]any

// octets are a value of fields that is no text.
func octets(b []byte) map[string]string { return map[string]string{"hex": hexString(b)} }

// command has a script send a PDU.
func (p *process) command(do string, pdu fields) {
	p.t.Helper()
	line, err := json.Marshal(fields{"do": do, "pdu": pdu})
	if err == nil {
		_, err = p.stdin.Write(append(line, '\n'))
	}
	if err != nil {
		p.t.Fatalf("%s: %v", do, err)
	}
}

// event waits for a line of a script that tells of an event, such as the response
// to a command, and returns it as it stands and read.
func (p *process) event(ctx context.Context, event string) (string, fields) {
	p.t.Helper()
	line := p.waitLine(ctx, `"event":"`+event+`"`)
	var f fields
	if err := json.Unmarshal([]byte(line), &f); err != nil {
		p.t.Fatalf("%s printed %q: %v", p.cmd.Path, line, err)
	}
	return line, f
}

// jsonNumber writes a number of JSON as it stood there.
func jsonNumber(v any) string { return fmt.Sprint(v) }
