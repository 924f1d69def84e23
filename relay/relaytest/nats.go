package relaytest

import (
	"cmp"
	"math"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NATS starts a server of its own on a port, as an operator has one.
func NATS(t testing.TB, store string, port int) *server.Server {
	t.Helper()
	return Serve(t, &server.Options{Port: port, StoreDir: store})
}

// Serve starts a server until the test ends.
func Serve(t testing.TB, opt *server.Options) *server.Server {
	t.Helper()
	opt.ServerName, opt.Host, opt.JetStream, opt.NoSigs, opt.NoLog = "operator", "127.0.0.1", true, true, true
	opt.JetStreamMaxStore = cmp.Or(opt.JetStreamMaxStore, math.MaxInt64/2) // as the embedded one has it

	const tries = 5 // another process may have a port that was left for a moment
	for range tries {
		s, err := server.NewServer(opt)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if s.ReadyForConnections(10 * time.Second) {
			t.Cleanup(func() { Halt(s) })
			return s
		}
		Halt(s)
	}
	t.Fatal("server does not start")
	return nil
}

// JetStream connects to a server of its own, until the test ends.
func JetStream(t testing.TB) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(NATS(t, t.TempDir(), server.RANDOM_PORT).ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// Halt stops a server, and returns when it has stopped.
func Halt(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// Port is the port that a server listens on.
func Port(t testing.TB, s *server.Server) int {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
