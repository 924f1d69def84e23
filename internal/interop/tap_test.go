//go:build e2e

package interop

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"readback/internal/testpeer"
	"readback/smpp"
)

// tap stands on a line between two peers and keeps the octets that pass.
type tap struct {
	ln     net.Listener
	target string
	tasks  sync.WaitGroup
	passing

	linesMu sync.Mutex
	lines   []*line // guarded by linesMu, in the order of connecting
}

// line is one connection that passed a tap.
type line struct {
	near, far net.Conn

	mu       sync.Mutex
	up, down []byte // guarded by mu: towards the target, and back
}

// newTap listens on a free port and passes connections on to target.
func newTap(t *testing.T, target string) *tap {
	t.Helper()
	p := &tap{ln: testpeer.Listen(t), target: target}
	p.tasks.Go(p.accept)
	return p
}

func (p *tap) addr() string { return p.ln.Addr().String() }

func (p *tap) accept() {
	for {
		near, err := p.ln.Accept()
		if err != nil {
			return // closed
		}
		far, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = near.Close() // the peer sees what it would have seen
			continue
		}
		l := &line{near: near, far: far}
		p.linesMu.Lock()
		p.lines = append(p.lines, l)
		p.linesMu.Unlock()
		p.tasks.Go(func() { l.copy(far, near, &l.up, p.fire) })
		p.tasks.Go(func() { l.copy(near, far, &l.down, p.fire) })
	}
}

// copy passes octets on until src ends, then tells dst so.
func (l *line) copy(dst, src net.Conn, kept *[]byte, passed func()) {
	buf := make([]byte, 64<<10)
	for {
		n, err := src.Read(buf)
		l.mu.Lock()
		*kept = append(*kept, buf[:n]...)
		l.mu.Unlock()
		passed()
		if _, werr := dst.Write(buf[:n]); err == nil {
			err = werr
		}
		if err != nil {
			_ = dst.(*net.TCPConn).CloseWrite() // it may be gone
			return
		}
	}
}

// close ends all lines and returns when nothing more can pass.
func (p *tap) close() {
	_ = p.ln.Close() // a second time changes nothing, as below
	p.linesMu.Lock()
	for _, l := range p.lines {
		_ = l.near.Close()
		_ = l.far.Close()
	}
	p.linesMu.Unlock()
	p.tasks.Wait()
}

// traffic is what one connection carried, as PDUs.
type traffic struct{ up, down []smpp.Frame }

// traffic returns what passed so far, by connection.
func (p *tap) traffic(t *testing.T) []traffic {
	t.Helper()
	p.linesMu.Lock()
	defer p.linesMu.Unlock()
	var all []traffic
	for _, l := range p.lines {
		l.mu.Lock()
		all = append(all, traffic{frames(t, l.up), frames(t, l.down)})
		l.mu.Unlock()
	}
	return all
}

// frames cuts a stream into PDUs.
func frames(t *testing.T, stream []byte) []smpp.Frame {
	t.Helper()
	var all []smpp.Frame
	r := smpp.NewReader(bytes.NewReader(stream))
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // the rest may be on its way
			return all
		}
		if err != nil {
			t.Fatalf("a stream is no SMPP after %d PDUs: %v", len(all), err)
		}
		all = append(all, bytes.Clone(f))
	}
}
