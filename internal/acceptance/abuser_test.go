//go:build e2e

package acceptance

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// abuses are what peers do that harm others, if a gateway lets them. Each returns when
// the gateway has cut it off, or ctx has ended and closed its connection.
var abuses = [kinds]struct {
	name  string
	abuse func(ctx context.Context, conn net.Conn)
}{
	{"never bind", func(_ context.Context, conn net.Conn) { awaitClose(conn) }},
	{"bind byte by byte", bindSlowly},
	{"send 64 KiB of zeros", func(_ context.Context, conn net.Conn) {
		const zeros = 64 << 10
		_, _ = conn.Write(make([]byte, zeros)) // it is cut off meanwhile
		awaitClose(conn)
	}},
	{"stop reading", stopReading},
}

const kinds = 4

// awaitClose reads until the connection is closed.
func awaitClose(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// bindSlowly sends an octet now and then, so that it never falls silent.
func bindSlowly(ctx context.Context, conn net.Conn) {
	const pause = 500 * time.Millisecond
	for _, octet := range abuserBind() {
		if _, err := conn.Write([]byte{octet}); err != nil {
			return
		}
		rest(ctx, pause)
	}
	awaitClose(conn)
}

func abuserBind() smpp.Frame {
	return simulator.Bind{SystemID: accounts[1], Password: password}.Append(nil, 1)
}

// enquiries is how many enquire_links all that do not read send in a second: enough to
// fill what the kernel keeps for each of them.
const enquiries = 500_000

// stopReading binds and sends, and takes no answer. It keeps to a pace, since it is not
// the number of requests that is tried.
func stopReading(ctx context.Context, conn net.Conn) {
	if _, err := conn.Write(abuserBind()); err != nil {
		return
	}
	const messages, pause = 10, 100 * time.Millisecond
	each := enquiries / (size(manyAbusers) / kinds) / int(time.Second/pause)
	for ctx.Err() == nil {
		var batch []byte
		for range messages {
			batch = append(batch, message("nobody reads the answer")...)
		}
		for range each {
			batch = smpp.AppendHeader(batch, pdu.EnquireLinkID, 0, 1, 0)
		}
		if _, err := conn.Write(batch); err != nil {
			return
		}
		rest(ctx, pause)
	}
}

// manyAbusers is how many there are in the full form.
const manyAbusers = 200

// abusers are connections that abuse, and come again when they are cut off.
type abusers struct {
	cut     [kinds]atomic.Int64 // how often each abuse was
	running sync.WaitGroup
	halt    context.CancelFunc
}

// startAbusers starts as many of each kind.
func startAbusers(ctx context.Context, addr string) *abusers {
	ctx, cancel := context.WithCancel(ctx)
	a := &abusers{halt: cancel}
	for i := range size(manyAbusers) {
		kind := i % kinds
		a.running.Go(func() {
			for ctx.Err() == nil {
				a.once(ctx, addr, kind)
			}
		})
	}
	return a
}

// once abuses one connection.
func (a *abusers) once(ctx context.Context, addr string, kind int) {
	const pause = 100 * time.Millisecond
	defer rest(ctx, pause)
	d := net.Dialer{Control: smallBuffer}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	abuses[kind].abuse(ctx, conn)
	_ = conn.Close() // the gateway may have been first
	if ctx.Err() == nil {
		a.cut[kind].Add(1)
	}
}

func (a *abusers) stop() {
	a.halt()
	a.running.Wait()
}

// smallBuffer has a socket take little that nobody reads.
func smallBuffer(_, _ string, c syscall.RawConn) error {
	const octets = 4096
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, octets)
	})
	if err == nil {
		err = failed
	}
	return err
}
