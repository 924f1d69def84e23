package gateway

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// dialingLink is a link whose ESME has sent a bind, while the SMSC's host does not answer the dial.
func dialingLink(t *testing.T) (esme *testpeer.Peer, stop context.CancelFunc, ended chan struct{}) {
	t.Helper()
	opt, dialing := DefaultOptions(), make(chan struct{})
	opt.SMSC = "smsc:1"
	opt.Dial = func(ctx context.Context, _ string) (net.Conn, error) {
		close(dialing)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Hour):
			return nil, context.DeadlineExceeded
		}
	}
	g, err := New(opt, fakeLedger{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	near, far := net.Pipe()
	ended = make(chan struct{})
	go func() {
		newLink(g, near).run(ctx)
		close(ended)
	}()
	esme = timeless(t, far)
	esme.Send(simulator.Bind{SystemID: "bank"}.Append(nil, 1))
	<-dialing
	return esme, stop, ended
}

// A dial to the SMSC ends when nobody waits for the connection any more.
func TestDialInterrupted(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(esme *testpeer.Peer, stop context.CancelFunc)
	}{
		{"ESME leaves", func(esme *testpeer.Peer, _ context.CancelFunc) { _ = esme.Conn.Close() }},
		{"gateway stops", func(esme *testpeer.Peer, stop context.CancelFunc) {
			go func() { _, _ = io.Copy(io.Discard, esme.Conn) }() // it reads, or the link would wait for that
			stop()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				esme, stop, ended := dialingLink(t)
				defer stop()
				begin := time.Now()
				tt.end(esme, stop)
				<-ended
				if took := time.Since(begin); took != 0 {
					t.Errorf("the link ended after %v, want it at once", took)
				}
			})
		})
	}
}

// A dial that takes longer than the ESME has to bind does not cost it its session.
func TestDialOutlastsSessionInit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		esme, stop, ended := dialingLink(t)
		defer stop()
		if f := esme.NextAfter("bind_resp", time.Hour); f.Status() != smpp.StatusSysErr {
			t.Errorf("got % x, want ESME_RSYSERR", []byte(f))
		}
		esme.WantEnd()
		<-ended
	})
}
