//go:build faults

package faults

import (
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/promise"
	"readback/internal/seed"
	"readback/relay/relaytest"
)

// onNATS returns a world on an operator's NATS, with a gateway that is up.
func onNATS(t *testing.T) (w *world, p *process, ns *server.Server, dir string) {
	t.Helper()
	dir = t.TempDir()
	ns = relaytest.NATS(t, dir, server.RANDOM_PORT)
	w = newWorld(t, seed.Rand(t), nil, t.TempDir(), nil)
	w.nats = ns.ClientURL()
	w.configure(nil)
	w.run()
	p = w.launch()
	p.awaitUp()
	rest(w.ctx, 2*time.Second)
	return w, p, ns, dir
}

// TestNATSRestarts stops an operator's NATS and starts it again.
func TestNATSRestarts(t *testing.T) {
	t.Parallel()
	w, p, ns, dir := onNATS(t)
	port := relaytest.Port(t, ns)
	for i := range 2 * factor {
		from := w.book.now()
		relaytest.Halt(ns)
		rest(w.ctx, time.Duration(1+2*(i%2))*time.Second)
		ns = relaytest.NATS(t, dir, port)
		p.awaitUp()
		w.book.doubt(from)
		rest(w.ctx, time.Second)
	}
	w.reckon(p)
	w.book.judge(t, promise.SkippedFar, promise.FeedbackTwice)
}

// TestStreamIsGone deletes the stream of the log, or purges it. The index knows what was in it.
func TestStreamIsGone(t *testing.T) {
	t.Parallel()
	for _, purge := range []bool{false, true} {
		t.Run(map[bool]string{true: "purged", false: "deleted"}[purge], func(t *testing.T) {
			w, p, ns, _ := onNATS(t)
			nc, err := nats.Connect(ns.ClientURL())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			js, err := jetstream.New(nc)
			if err != nil {
				t.Fatal(err)
			}
			from := w.book.now()
			if purge {
				var s jetstream.Stream
				if s, err = js.Stream(w.ctx, "READBACK_LEDGER"); err == nil {
					err = s.Purge(w.ctx)
				}
			} else {
				err = js.DeleteStream(w.ctx, "READBACK_LEDGER")
			}
			if err != nil {
				t.Fatal(err)
			}
			w.book.add(promise.Event{Kind: promise.Damaged, Text: "stream", Reported: !purge})
			rest(w.ctx, 4*time.Second)
			p.awaitUp()
			w.book.doubt(from)
			w.reckon(p)
			w.book.judge(t, promise.SkippedFar)
		})
	}
}

// TestSecondGateway starts a second gateway on the same NATS. It waits while the first one lives, and
// takes over when that has been killed or stopped.
func TestSecondGateway(t *testing.T) {
	t.Parallel()
	for _, paused := range []bool{false, true} {
		t.Run(map[bool]string{true: "paused", false: "killed"}[paused], func(t *testing.T) {
			w, first, _, _ := onNATS(t)
			w.store = t.TempDir()
			w.config = ""
			w.configure(nil)
			second := w.launch()
			w.set(first)
			rest(w.ctx, 3*time.Second)
			if up, why, ok := second.ready(); up || !ok {
				t.Errorf("second: got up %v, %s, want it to wait", up, why)
			}
			from := w.book.now()
			if paused {
				w.book.add(promise.Event{Kind: promise.Overtaken})
				first.signal(syscall.SIGSTOP)
				w.set(second)
				second.awaitUp()
				rest(w.ctx, 2*time.Second)
				first.signal(syscall.SIGCONT)
				rest(w.ctx, 2*time.Second)
				first.kill()
				w.set(second)
			} else {
				first.kill()
				w.set(second)
			}
			second.awaitUp()
			w.book.pause(from)
			w.book.doubt(from)
			w.reckon(second)
			w.book.judge(t, promise.SkippedFar, promise.HeldUp)
		})
	}
}
