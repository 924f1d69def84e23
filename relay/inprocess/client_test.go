package inprocess

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// serve starts a server without a listener, and returns a connection of another client of it.
func serve(t *testing.T) (*server.Server, *nats.Conn) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		DontListen: true, NoSigs: true, NoLog: true, Username: "readback", Password: "secret",
		StoreDir: filepath.Join(t.TempDir(), "nats"),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("server does not start")
	}
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.UserInfo("readback", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return s, nc
}

// answer answers requests on a subject.
func answer(t *testing.T, nc *nats.Conn, subject string, f nats.MsgHandler) {
	t.Helper()
	_, err := nc.Subscribe(subject, f)
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func newClient(t *testing.T, s *server.Server, password string) *Client {
	t.Helper()
	c := New(Options{Dial: s.InProcessConn, User: "readback", Password: password, Name: "test", Timeout: 10 * time.Second})
	t.Cleanup(c.Close)
	return c
}

func TestAsk(t *testing.T) {
	s, nc := serve(t)
	answer(t, nc, "echo", func(m *nats.Msg) {
		reply := nats.NewMsg(m.Reply)
		reply.Data = append([]byte(m.Header.Get("Key")+":"), m.Data...)
		if len(m.Data) == 0 {
			reply.Header.Set("Other", "value")
		}
		_ = nc.PublishMsg(reply)
	})
	c := newClient(t, s, "secret")
	for _, tt := range []struct{ name, header, data, want string }{
		{"plain", "", "data", ":data"},
		{"with headers", "NATS/1.0\r\nKey: value\r\n\r\n", "data", "value:data"},
		{"an answer with headers", "", "", ":"},
		{"large", "", strings.Repeat("x", 100_000), ":" + strings.Repeat("x", 100_000)},
		{"lines of the protocol", "", "\r\nMSG a 1 1\r\n", ":\r\nMSG a 1 1\r\n"},
	} {
		if got, err := c.Ask(t.Context(), "echo", []byte(tt.header), []byte(tt.data)); string(got) != tt.want || err != nil {
			t.Errorf("%s: got %.40q, %v, want %.40q", tt.name, got, err, tt.want)
		}
	}
	if _, err := c.Ask(t.Context(), "nobody", nil, nil); !errors.Is(err, ErrNoResponders) {
		t.Errorf("nobody listens: got %v", err)
	}
	if got, err := c.Ask(t.Context(), "echo", nil, []byte("again")); string(got) != ":again" || err != nil {
		t.Errorf("after an error: got %q, %v", got, err)
	}
}

// A client with the wrong credential is refused, and says so.
func TestRefused(t *testing.T) {
	s, _ := serve(t)
	_, err := newClient(t, s, "guess").Ask(t.Context(), "echo", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "Authorization Violation") {
		t.Errorf("got %v, want that it is not authorized", err)
	}
}

// What comes after a request was given up is no answer to the next one. The client connects again.
func TestGivenUp(t *testing.T) {
	s, nc := serve(t)
	asked := make(chan *nats.Msg, 2)
	answer(t, nc, "slow", func(m *nats.Msg) { asked <- m })
	c := newClient(t, s, "secret")
	ctx, giveUp := context.WithCancel(t.Context())
	go func() { asked <- <-asked; giveUp() }()
	began := time.Now()
	if _, err := c.Ask(ctx, "slow", nil, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want that it was cancelled", err)
	}
	if took := time.Since(began); took >= c.opt.Timeout {
		t.Errorf("it took %s, which is all the time it had", took)
	}
	if _, err := c.Ask(ctx, "slow", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: got %v", err)
	}
	late := <-asked
	answer(t, nc, "quick", func(m *nats.Msg) {
		_ = late.Respond([]byte("late"))
		_ = m.Respond([]byte("right"))
	})
	if got, err := c.Ask(t.Context(), "quick", nil, nil); string(got) != "right" || err != nil {
		t.Errorf("got %q, %v, want the answer to the second request", got, err)
	}
}

// A context that ends after its request does no harm to the next one, which has another.
func TestContextEndsLate(t *testing.T) {
	s, nc := serve(t)
	answer(t, nc, "echo", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	c := newClient(t, s, "secret")
	for n := range 1000 {
		ctx, end := context.WithCancel(t.Context())
		if _, err := c.Ask(ctx, "echo", nil, []byte("data")); err != nil {
			t.Fatalf("request %d: %v", n, err)
		}
		go end()
	}
}

// A server that stops ends the request. Without a server a request fails. Another server is asked as soon as
// it is there.
func TestAnotherServer(t *testing.T) {
	s, nc := serve(t)
	running := s
	errNone := errors.New("no server")
	c := New(Options{User: "readback", Password: "secret", Timeout: 10 * time.Second, Dial: func() (net.Conn, error) {
		if running == nil {
			return nil, errNone
		}
		return running.InProcessConn()
	}})
	t.Cleanup(c.Close)
	asked := make(chan struct{}, 1)
	answer(t, nc, "slow", func(*nats.Msg) { asked <- struct{}{} })
	go func() { <-asked; s.Shutdown() }()
	if _, err := c.Ask(t.Context(), "slow", nil, nil); err == nil || errors.Is(err, ErrTimeout) {
		t.Errorf("server stops: got %v, want that the connection has ended", err)
	}
	running = nil
	if _, err := c.Ask(t.Context(), "slow", nil, nil); !errors.Is(err, errNone) {
		t.Errorf("no server: got %v, want %v", err, errNone)
	}
	running, nc = serve(t)
	answer(t, nc, "quick", func(m *nats.Msg) { _ = m.Respond([]byte("here")) })
	if got, err := c.Ask(t.Context(), "quick", nil, nil); string(got) != "here" || err != nil {
		t.Errorf("another server: got %q, %v", got, err)
	}
}
