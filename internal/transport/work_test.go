package transport

import (
	"crypto/tls"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/testpeer"
)

// A server signs in its budget only.
func TestHandshakesWithinBudget(t *testing.T) {
	a, dir := testpeer.NewAuthority(t), t.TempDir()
	a.PutPair(t, dir, "gateway.example")
	var signed atomic.Int32
	work := NewWork()
	s, err := NewServer(Server{
		Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"),
		Work: func(f func()) { signed.Add(1); work(f) },
	}, (&record{}).logger())
	must(t, err)
	for name, config := range map[string]*tls.Config{"Config": s.Config(), "PlainConfig": s.PlainConfig()} {
		ln := NewTLSListener(testpeer.Listen(t), config, Opening{})
		echo(t, ln)
		conn, err := tls.Dial("tcp", ln.Addr().String(), &tls.Config{RootCAs: a.Pool(), ServerName: "gateway.example"})
		must(t, err)
		closeAfter(t, conn)
		if got := signed.Swap(0); got != 1 {
			t.Errorf("%s: got %d signatures within the budget, want 1", name, got)
		}
	}
}

// A server that is given no budget has one of its own.
func TestHandshakesHaveABudget(t *testing.T) {
	dir := t.TempDir()
	testpeer.NewAuthority(t).PutPair(t, dir, "gateway.example")
	s, err := NewServer(Server{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}, (&record{}).logger())
	must(t, err)
	config, err := s.Config().GetConfigForClient(nil)
	must(t, err)
	if key, ok := config.Certificates[0].PrivateKey.(budgeted); !ok || key.work == nil {
		t.Errorf("got the key %T, want one with a budget", config.Certificates[0].PrivateKey)
	}
}

// Handshakes leave half of the processors to messages.
func TestWorkHasHalfTheProcessors(t *testing.T) {
	for processors, want := range map[int]int64{1: 1, 2: 1, 4: 2, 8: 4} {
		synctest.Test(t, func(t *testing.T) {
			before := runtime.GOMAXPROCS(processors)
			work := NewWork()
			runtime.GOMAXPROCS(before)
			var now, most atomic.Int64
			for range 20 {
				go work(func() {
					most.Store(max(most.Load(), now.Add(1)))
					time.Sleep(time.Second) // virtual
					now.Add(-1)
				})
			}
			time.Sleep(time.Minute)
			if got := most.Load(); got != want || now.Load() != 0 {
				t.Errorf("%d processors: got %d signatures at once and %d still, want %d and none", processors, got, now.Load(), want)
			}
		})
	}
}
