package gateway

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// mostIdleGoroutines is how many an idle link may have: one for each session, and one for feedback. Its memory,
// mostIdleOctets, includes that of its connections, at both ends, in this process.
const mostIdleGoroutines = 3

func TestIdleLink(t *testing.T) {
	const links = 100
	waits := func(ctx context.Context, _ string, _ message.Session, _ message.Teller) error {
		<-ctx.Done()
		return nil
	}
	w := serve(t, setup{policy: numbering.Policy{When: numbering.All}, deliver: waits})
	w.joinIdle() // what is made once
	goroutines, octets := used()
	for range links {
		w.joinIdle()
	}
	var perLink, octetsPerLink int
	for range 100 { // the links may still have something to do
		nowGoroutines, nowOctets := used()
		perLink, octetsPerLink = (nowGoroutines-goroutines+links/2)/links, (nowOctets-octets)/links
		if perLink <= mostIdleGoroutines && octetsPerLink <= mostIdleOctets {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("got %d goroutines and %d octets for an idle link, want at most %d and %d",
		perLink, octetsPerLink, mostIdleGoroutines, mostIdleOctets)
}

// used returns how many goroutines there are, and the memory in use.
func used() (goroutines, octets int) {
	runtime.GC() // shrinks stacks as well
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), int(m.HeapAlloc + m.StackInuse)
}

// joinIdle binds an ESME to an SMSC; both only keep their connections.
func (w *world) joinIdle() {
	w.t.Helper()
	esme := w.dial()
	bind := simulator.Bind{SystemID: "bank"}.Append(nil, 1)
	if _, err := esme.Write(bind); err != nil {
		w.t.Fatal(err)
	}
	smsc, err := w.smscs.Accept()
	if err != nil {
		w.t.Fatal(err)
	}
	answer := testpeer.Frame(smpp.ResponseID(smpp.Frame(bind).ID()), 0, 1, "SMSC\x00")
	if _, err := smsc.Write(answer); err != nil {
		w.t.Fatal(err)
	}
	got := make([]byte, len(answer))
	if _, err := esme.Read(got); err != nil || string(got) != string(answer) {
		w.t.Fatalf("bind_resp: got % x, %v", got, err)
	}
	w.t.Cleanup(func() {
		for _, conn := range []net.Conn{esme, smsc} {
			_ = conn.Close()
		}
	})
}
