//go:build e2e

package acceptance

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"readback/internal/simulator"
)

// storeState is a state of the store in which the ledger cannot work.
type storeState struct {
	name        string
	spoil, mend func(disk, store string) error
	why         string // in /readyz
	running     bool   // it comes while the gateway runs; else before it starts
	brief       bool   // it is over at once: another store is opened
	user        bool   // another user than root runs the gateway
}

func fill(disk, _ string) error {
	f, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		return err
	}
	chunk := make([]byte, 64<<10)
	for err == nil {
		_, err = f.Write(chunk)
	}
	for err = nil; err == nil; { // the last octets
		_, err = f.Write(chunk[:1])
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return f.Close()
}

func empty(disk, _ string) error { return os.Remove(filepath.Join(disk, "filler")) }

func remount(flags uintptr) func(disk, store string) error {
	return func(disk, _ string) error { return syscall.Mount("", disk, "", syscall.MS_REMOUNT|flags, "") }
}

func mode(m os.FileMode) func(disk, store string) error {
	return func(_, store string) error { return os.Chmod(store, m) }
}

func nothing(_, _ string) error { return nil }

var storeStates = []storeState{
	{name: "full at start", spoil: fill, mend: empty, why: "no space left on device"},
	{name: "full", spoil: fill, mend: empty, why: "no space left on device", running: true},
	{name: "read-only at start", spoil: remount(syscall.MS_RDONLY), mend: remount(0), why: "mount it for writing"},
	{
		name: "file at start", why: "a file is in the place of a directory",
		spoil: func(_, store string) error {
			return errors.Join(os.Remove(store), os.WriteFile(store, nil, 0o600))
		},
		mend: func(_, store string) error { return os.Remove(store) },
	},
	{name: "not permitted at start", spoil: mode(0), mend: mode(0o750), why: "must own the directory", user: true},
	{name: "not permitted", spoil: mode(0), mend: mode(0o750), why: "must own the directory", user: true, running: true},
	{name: "not writable", spoil: mode(0o550), mend: mode(0o750), why: "must own the directory", user: true, running: true},
	{
		name: "removed", running: true, brief: true, why: "removed or replaced while it was in use", mend: nothing,
		spoil: func(_, store string) error { return os.RemoveAll(store) },
	},
	{
		name: "moved", running: true, brief: true, why: "removed or replaced while it was in use", mend: nothing,
		spoil: func(_, store string) error { return os.Rename(store, store+".away") },
	},
	{
		name: "removed, and nothing in its place", running: true, why: "a file is in the place of a directory",
		spoil: func(_, store string) error {
			return errors.Join(os.Rename(store, store+".away"), os.WriteFile(store, nil, 0o600))
		},
		mend: func(_, store string) error { return os.Remove(store) },
	},
}

// newDisk mounts a small file system, on which everybody may write. It needs root.
func newDisk(t *testing.T) string {
	t.Helper()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64m,mode=777"); err != nil {
		t.Skipf("no file system can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	return disk
}

// nobody is a user that owns nothing.
var nobody = &syscall.Credential{Uid: 65534, Gid: 65534}

// TestStoreStates has SMS flow while the store cannot be used, /readyz and the metric say so, and the
// ledger back when it can. SIGTERM ends the process in each state.
func TestStoreStates(t *testing.T) {
	for _, s := range storeStates {
		t.Run(s.name, func(t *testing.T) {
			t.Run("mended", func(t *testing.T) { s.mended(t) })
			if !s.brief {
				t.Run("stopped", func(t *testing.T) { s.stopped(t) })
			}
		})
	}
}

// start starts a gateway on a store in the state. It has been used before.
func (s storeState) start(ctx context.Context, t *testing.T) (g *gateway, w *traffic, disk, store string) {
	c := startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true})
	disk = newDisk(t)
	store = filepath.Join(disk, "store")
	config := free(t).with(settings{"smsc.addr": c.addr, "relay.store": store}).write(t)
	var user *syscall.Credential
	if s.user {
		user = nobody
		letRead(t, config)
	}
	do := func(f func(disk, store string) error) {
		if err := f(disk, store); err != nil {
			t.Fatal(err)
		}
	}
	if !s.running && s.name != "file at start" {
		first := launchGateway(ctx, t, config, user)
		first.awaitReady(ctx)
		first.terminate()
		first.awaitExit(ctx)
		do(s.spoil)
	} else if !s.running {
		do(func(_, store string) error { return os.Mkdir(store, 0o750) })
		do(s.spoil)
	}
	g = launchGateway(ctx, t, config, user)
	w = startTraffic(ctx, t, g.addr)
	if s.running {
		g.awaitReady(ctx)
		rest(ctx, time.Second/2)
		do(s.spoil)
	}
	return g, w, disk, store
}

// letRead lets everybody read a file, and run the program.
func letRead(t *testing.T, file string) {
	t.Helper()
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, program} {
		for dir := filepath.Dir(path); dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (s storeState) mended(t *testing.T) {
	ctx := within(t)
	g, w, disk, store := s.start(ctx, t)
	s.awaitDown(ctx, g)
	if !s.brief {
		rest(ctx, 3*time.Second)
		s.awaitDown(ctx, g)
		code, _ := readOver(ctx, g)
		if code != http.StatusServiceUnavailable {
			t.Errorf("read: got %d, want 503", code)
		}
	}
	w.check("down")
	if err := s.mend(disk, store); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	g.awaitReady(ctx)
	t.Logf("ready %v after it was mended", time.Since(began).Round(time.Millisecond))
	if g.down(ctx) {
		t.Error("/readyz: ready, and the metric says down")
	}
	rest(ctx, time.Second)
	w.check("up again")
	if n := g.log.count(`"level":"ERROR"`); n > 8 { // of the ledger, of the embedded server, and of each stream that was made again
		t.Errorf("%d ERROR lines", n)
	}
	w.finish(ctx)
	s.awaitEnd(ctx, g)
}

func (s storeState) stopped(t *testing.T) {
	ctx := within(t)
	g, w, _, _ := s.start(ctx, t)
	s.awaitDown(ctx, g)
	rest(ctx, time.Second)
	w.finish(ctx)
	s.awaitEnd(ctx, g)
}

// awaitDown waits until /readyz names the reason. The metric must agree.
func (s storeState) awaitDown(ctx context.Context, g *gateway) {
	g.Helper()
	const soon = 15 * time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	body := ""
	if !poll(ctx, func() bool {
		_, body = g.ready(ctx)
		return strings.Contains(body, s.why)
	}) {
		g.Fatalf("/readyz: %s, want %q", body, s.why)
	}
	g.Logf("/readyz: %s", body)
	if !s.brief && !g.down(ctx) {
		g.Error("/readyz names the ledger, and the metric says that it is up")
	}
}

// awaitEnd sends SIGTERM and waits for the end.
func (s storeState) awaitEnd(ctx context.Context, g *gateway) {
	g.Helper()
	const bound = 20 * time.Second // listen.drain_timeout and ten seconds
	began := time.Now()
	g.terminate()
	select {
	case <-g.exited:
	case <-ctx.Done():
		g.Fatal("it does not end")
	}
	took := time.Since(began)
	g.Logf("ended %v after SIGTERM: %v", took.Round(time.Millisecond), g.err)
	if took > bound {
		g.Errorf("it took %v to end", took)
	}
}

// readOver reports a read over HTTP.
func readOver(ctx context.Context, g *gateway) (code int, err error) {
	body := strings.NewReader(`{"receiver":"447700900123","number":1}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+g.reads+"/v1/reads", body)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
