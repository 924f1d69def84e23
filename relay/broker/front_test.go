package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"readback/relay/relaytest"
)

// from is a dialer that connects from an address of the loopback.
type from string

func (f from) Dial(network, addr string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(string(f))}, Timeout: 10 * time.Second}
	return d.DialContext(context.Background(), network, addr)
}

const honest, stranger = from("127.0.0.1"), from("127.0.0.2")

// flood opens connections of one stranger, and sends something on each. They stay open until the test ends.
func flood(t *testing.T, addr, first string, n int) {
	t.Helper()
	for range n {
		conn, err := stranger.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, first) // it may be closed already
	}
}

// upgrade begins a WebSocket, on which nothing follows.
const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// address returns where a listener is.
func (f *fixture) address(name string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(f.running.Load().ports[name]))
}

// connects reports whether a client of a listener is let in.
func (f *fixture) connects(name string, o ...nats.Option) (*nats.Conn, error) {
	o = append(o, nats.SetCustomDialer(honest), nats.MaxReconnects(0))
	if name == natsListener {
		return nats.Connect(f.ClientURL(), o...)
	}
	return nats.Connect("ws://"+f.address(webSocketListener), append(o, nats.Token("secret"))...)
}

// Connections of one stranger, more than there may be, keep out no client of another address, and none that is
// there already.
func TestFloodOfOneSource(t *testing.T) {
	const most = 30
	for name, tt := range map[string]struct{ listener, first string }{
		"silent, MQTT":         {mqttListener, ""},
		"half a CONNECT, MQTT": {mqttListener, "\x10\x20\x00"},
		"silent, WebSocket":    {webSocketListener, ""},
		"upgraded, WebSocket":  {webSocketListener, upgrade},
		"silent, NATS":         {natsListener, ""},
		"half a CONNECT, NATS": {natsListener, "CONNECT {"},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(o *Options) {
				o.Listen, o.MaxClients, o.Unknown = "127.0.0.1:0", most, Limits{PerSource: most / 2}
			})
			gone := make(chan struct{})
			here, err := f.connects(tt.listener, nats.ClosedHandler(func(*nats.Conn) { close(gone) }))
			if err != nil {
				t.Fatal(err)
			}
			flood(t, f.address(tt.listener), tt.first, most+clientSpare+10)
			for range most / 2 {
				nc, err := f.connects(tt.listener)
				if err != nil {
					t.Fatalf("during the flood: %v", err)
				}
				nc.Close()
			}
			if err := here.Flush(); err != nil {
				t.Errorf("client that was there: got %v", err)
			}
			if f.log.Count("connection refused") == 0 {
				t.Errorf("log: got %q, want why they are refused", f.log.All)
			}
			here.Close()
			relaytest.Receive(t, gone)
		})
	}
}

// Connections that are within the limits of their source give way when there are too many in all.
func TestFloodGivesWay(t *testing.T) {
	f := serve(t, func(o *Options) { o.MaxClients = 1 })
	flood(t, f.address(webSocketListener), "", 1+clientSpare) // they are accepted in order
	nc, err := f.connects(webSocketListener)
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	if f.log.Count("reason=gave_way") == 0 {
		t.Errorf("log: got %q, want that one gave way", f.log.All)
	}
}

// The log names the address of a client, and nobody is let in who has not come by a listener of ours.
func TestClientAddress(t *testing.T) {
	f := serve(t, nil)
	connect := func(url string) error {
		_, err := nats.Connect(url, nats.SetCustomDialer(stranger), nats.Token("wrong"), nats.MaxReconnects(0))
		return err
	}
	if err := connect("ws://" + f.address(webSocketListener)); err == nil || f.log.Count("remote="+string(stranger)+":") != 1 {
		t.Errorf("got %v, log %q, want the address of the client", err, f.log.All)
	}
	inner := fmt.Sprint(f.running.Load().inner.Websocket.Port)
	_, err := nats.Connect("ws://127.0.0.1:"+inner, nats.Token("secret"), nats.MaxReconnects(0))
	if err == nil || f.log.Count(errNotOurs.Error()) != 1 {
		t.Errorf("past the listeners: got %v, log %q", err, f.log.All)
	}
}

// What the server says before it closes a connection arrives, though the client has said all that it will.
func TestLastWords(t *testing.T) {
	f := serve(t, nil)
	conn, err := honest.Dial("tcp", f.address(mqttListener))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))                     // the read sees it
	_, _ = conn.Write([]byte("\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a")) // CONNECT without a credential (MQTT 3.1.1 §3.1)
	_ = conn.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(conn)
	if string(got) != "\x20\x02\x00\x05" || err != nil && !errors.Is(err, net.ErrClosed) {
		t.Errorf("got % x, %v, want CONNACK: not authorized, and the end", got, err)
	}
}

// A stop ends the connections, and leaves none behind.
func TestStopEndsConnections(t *testing.T) {
	f := serve(t, nil)
	flood(t, f.address(mqttListener), "", 3)
	gone := make(chan struct{})
	if _, err := f.connects(webSocketListener, nats.ClosedHandler(func(*nats.Conn) { close(gone) })); err != nil {
		t.Fatal(err)
	}
	fronts := f.running.Load().fronts
	f.Shutdown()
	relaytest.Receive(t, gone)
	if n := len(fronts.clients); n != 0 || fronts.bound[handsets] != 0 {
		t.Errorf("%d connections are left, %d of them bound", n, fronts.bound[handsets])
	}
}

// A client that takes nothing is cut off, as the server would do.
func TestClientThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer func() { _, _ = here.Close(), there.Close() }()
		begin := time.Now()
		_, err := reading{here}.Write([]byte("verdict"))
		if took := time.Since(begin); !errors.Is(err, os.ErrDeadlineExceeded) || took != takeTime {
			t.Errorf("got %v after %v, want it cut off after %v", err, took, takeTime)
		}
	})
}
