package transport

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"readback/internal/testpeer"
)

// child makes this program do as a service that systemd starts does: take its
// sockets, answer once on each with its name, and tell what is left of them.
const child = "TRANSPORT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	if err := serveSockets(); err != nil {
		fmt.Println("error:", err)
	}
	os.Exit(0)
}

func serveSockets() error {
	sockets, err := Sockets()
	if err != nil {
		return err
	}
	if again, err := Sockets(); again != nil || err != nil {
		return fmt.Errorf("second time: %v, %w", again, err)
	}
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		if _, ok := os.LookupEnv(name); ok {
			return fmt.Errorf("%s is still set", name)
		}
	}
	var running sync.WaitGroup
	defer running.Wait()
	failed := make(chan error, len(sockets))
	for name, ln := range sockets {
		running.Go(func() { failed <- answerOnce(ln, name) })
	}
	for range sockets {
		if err := <-failed; err != nil {
			return err
		}
	}
	fmt.Println("done")
	return nil
}

func answerOnce(ln net.Listener, name string) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte(name))
	return errors.Join(err, conn.Close(), ln.Close())
}

// start runs this program as systemd would, with files from descriptor 3 on.
func start(t *testing.T, pid string, names *string, files ...*os.File) (output func() string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The shell knows the process id before the program begins.
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `LISTEN_PID=`+pid+` exec "$0"`, program)
	cmd.Env = append(os.Environ(), child+"=1", "GORACE=atexit_sleep_ms=0", fmt.Sprintf("LISTEN_FDS=%d", len(files)))
	if names != nil {
		cmd.Env = append(cmd.Env, "LISTEN_FDNAMES="+*names)
	}
	cmd.ExtraFiles = files
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() string {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, &out)
		}
		return strings.TrimSpace(out.String())
	}
}

// descriptor is a file of a listening socket, and its address.
func descriptor(t *testing.T) (*os.File, string) {
	t.Helper()
	ln := testpeer.Listen(t)
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, f)
	return f, ln.Addr().String()
}

// answer is what is said to who connects.
func answer(t *testing.T, addr string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	b := make([]byte, 100)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestSockets(t *testing.T) {
	plain, plainAddr := descriptor(t)
	secure, secureAddr := descriptor(t)
	names := "smpp:smpp-tls"
	output := start(t, "$$", &names, plain, secure)
	if got := []string{answer(t, plainAddr), answer(t, secureAddr)}; !slices.Equal(got, []string{"smpp", "smpp-tls"}) {
		t.Errorf("got %q, want each socket under its name", got)
	}
	if got := output(); got != "done" {
		t.Error(got)
	}

	output = start(t, "$$", nil, plain)
	if got := answer(t, plainAddr); got != "unknown" {
		t.Errorf("got name %q for a socket without, want unknown", got)
	}
	if got := output(); got != "done" {
		t.Error(got)
	}
}

func TestSocketsErrors(t *testing.T) {
	first, _ := descriptor(t)
	second, _ := descriptor(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, null)
	tests := []struct {
		name  string
		pid   string
		names string
		files []*os.File
		want  string
	}{
		{"of another process", "1", "smpp", []*os.File{first}, "done"},
		{"none", "$$", "", nil, "done"},
		{"one name twice", "$$", "smpp:smpp", []*os.File{first, second}, `two are named "smpp"`},
		{"too few names", "$$", "smpp", []*os.File{first, second}, "names 1"},
		{"no socket", "$$", "smpp", []*os.File{null}, "smpp is no listener"},
		{"a connection", "$$", "connection", []*os.File{first}, "Accept=no"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := start(t, tt.pid, &tt.names, tt.files...)(); !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for _, count := range []string{"", "-1", "x", "65"} {
		if got, err := socketNames(count, ""); err == nil {
			t.Errorf("LISTEN_FDS %q: got %v, want an error", count, got)
		}
	}
}

func TestNotify(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	if err := Notify("READY=1"); err != nil {
		t.Errorf("nobody asked: got %v, want no error", err)
	}
	dir, err := os.MkdirTemp("", "notify") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, name := range []string{dir + "/notify", "@" + dir} {
		ln, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		closeAfter(t, ln)
		t.Setenv("NOTIFY_SOCKET", name)
		for _, state := range []string{"READY=1", "STOPPING=1\nSTATUS=draining"} {
			if err := Notify(state); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 100)
			if n, err := ln.Read(b); err != nil || string(b[:n]) != state {
				t.Errorf("got %q, %v, want %q", b[:n], err, state)
			}
		}
	}
	for _, name := range []string{"vsock:2:1", dir + "/none"} {
		t.Setenv("NOTIFY_SOCKET", name)
		if err := Notify("READY=1"); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
