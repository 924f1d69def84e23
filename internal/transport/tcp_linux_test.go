package transport

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"readback/internal/testpeer"
)

// option reads an option of the socket.
func option(t *testing.T, conn net.Conn, level, name int) int {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var value int
	var optErr error
	if err := raw.Control(func(fd uintptr) { value, optErr = syscall.GetsockoptInt(int(fd), level, name) }); err != nil || optErr != nil {
		t.Fatal(err, optErr)
	}
	return value
}

// nagling accepts connections that collect what is written.
type nagling struct{ net.Listener }

func (l nagling) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		err = conn.(*net.TCPConn).SetNoDelay(false)
	}
	return conn, err
}

func TestTCP(t *testing.T) {
	tests := []struct {
		name                         string
		keep                         net.KeepAliveConfig
		alive, idle, interval, count int
	}{
		{name: "30s", keep: KeepAlive(30 * time.Second), alive: 1, idle: 30, interval: 10, count: 3},
		{name: "shortest", keep: KeepAlive(time.Millisecond), alive: 1, idle: 1, interval: 1, count: 3},
		{name: "own", keep: net.KeepAliveConfig{Enable: true, Idle: 7 * time.Second, Interval: 5 * time.Second, Count: 9}, alive: 1, idle: 7, interval: 5, count: 9},
		{name: "none", keep: KeepAlive(0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := TCP{Timeout: 10 * time.Second, KeepAlive: tt.keep}
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			ln := s.Listener(nagling{testpeer.Listen(t)})
			out, err := s.Dial(t.Context(), "tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			closeAfter(t, out)
			for side, conn := range map[string]net.Conn{"dialled": out, "accepted": accept(t, ln)} {
				check := func(what string, level, name, want int) {
					t.Helper()
					if got := option(t, conn, level, name); got != want {
						t.Errorf("%s, %s: got %d, want %d", side, what, got, want)
					}
				}
				check("TCP_NODELAY", syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
				check("SO_KEEPALIVE", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, tt.alive)
				if tt.alive == 1 {
					check("TCP_KEEPIDLE", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, tt.idle)
					check("TCP_KEEPINTVL", syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, tt.interval)
					check("TCP_KEEPCNT", syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, tt.count)
				}
			}
		})
	}
}

func TestTCPValidate(t *testing.T) {
	good := KeepAlive(30 * time.Second)
	with := func(change func(*net.KeepAliveConfig)) TCP {
		k := good
		change(&k)
		return TCP{KeepAlive: k}
	}
	tests := []struct {
		name string
		tcp  TCP
		want string
	}{
		{"zero", TCP{}, ""},
		{"time-out", TCP{Timeout: -1}, "Timeout"},
		{"idle", with(func(k *net.KeepAliveConfig) { k.Idle = 10 * time.Hour }), "Idle"},
		{"interval", with(func(k *net.KeepAliveConfig) { k.Interval = 0 }), "Interval"},
		{"count", with(func(k *net.KeepAliveConfig) { k.Count = 128 }), "Count"},
		{"not in use", with(func(k *net.KeepAliveConfig) { k.Count, k.Enable = 128, false }), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.tcp.Validate()
			if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestTCPOthers passes what is no TCP as it is.
func TestTCPOthers(t *testing.T) {
	ln := newFakeListener()
	ln.dial(quick)
	conn := accept(t, TCP{KeepAlive: KeepAlive(time.Second)}.Listener(ln))
	if got := conn.RemoteAddr().String(); got != quick {
		t.Errorf("got %s, want %s", got, quick)
	}
	if _, err := (TCP{}).Dial(t.Context(), "tcp", "127.0.0.1:0"); err == nil {
		t.Error("got a connection to port 0")
	}
}
