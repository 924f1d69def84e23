package transport

import (
	"crypto/tls"
	"path/filepath"
	"sync/atomic"
	"testing"

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
