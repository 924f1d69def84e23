//go:build e2e

package acceptance

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"readback/internal/simulator"
	"readback/internal/simulator/load"
)

// Messages to each receiver, of the phases of TestRestore.
const (
	storeReceivers = 20
	beforeBackup   = 40
	duringBackup   = 20
	afterBackup    = 10
)

// TestRestore backs up the store of a gateway under load, sends more, kills the gateway, and restores the
// backup, with the earlier store still there and without it. No number is assigned twice. Reads of messages
// from before the backup are told once. Numbers that may have been assigned again get 404.
func TestRestore(t *testing.T) {
	for name, remove := range map[string]bool{"the store is there": false, "the store is gone": true} {
		t.Run(name, func(t *testing.T) {
			ctx := within(t)
			w := newReadWorld(ctx, t, nil)
			w.sendEach(ctx, beforeBackup, 0)
			dir := filepath.Join(t.TempDir(), "backup")
			var loading sync.WaitGroup
			loading.Go(func() { w.sendEach(ctx, duringBackup, 400) })
			pause(ctx, 300*time.Millisecond) // into the load
			g, _ := w.current()
			w.store(ctx, "backup", "--ops", g.ops, dir)
			loading.Wait()
			w.sendEach(ctx, afterBackup, 0)
			g.kill()
			if remove {
				removeAll(t, w.set["relay.store"].(string))
			}
			w.store(ctx, "restore", dir)
			w.store(ctx, "check")
			w.start(ctx)
			w.sendEach(ctx, afterBackup, 0)
			w.wantDistinct(beforeBackup + duringBackup + 2*afterBackup)
			w.readRestored(ctx, remove)
		})
	}
}

// removeAll removes what is in a directory.
func removeAll(t *testing.T, dir string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	for _, path := range all {
		if err == nil {
			err = os.RemoveAll(path)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// store runs readback store.
func (w *readWorld) store(ctx context.Context, args ...string) {
	w.Helper()
	cmd := exec.CommandContext(ctx, program, append([]string{"store", args[0], "--config", w.config}, args[1:]...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.Fatalf("store %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	w.Logf("store %s:\n%s", args[0], out)
}

// sendEach sends messages to each receiver, at a rate if it is not zero. All are answered OK.
func (w *readWorld) sendEach(ctx context.Context, each, rate int) {
	w.Helper()
	g, _ := w.current()
	n := storeReceivers * each
	r, err := load.Run(ctx, load.Options{
		Bind: simulator.Bind{SystemID: accounts[0]}, Addr: g.addr, Binds: 1, Window: window,
		Messages: n, Conversations: storeReceivers, Text: "Hello", Rate: float64(rate),
	})
	if err != nil || r.OK != n {
		w.Errorf("load: %v, %v", err, r)
	}
}

// wantDistinct wants that each receiver got so many messages, each with a number of its own.
func (w *readWorld) wantDistinct(each int) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.numbers) != storeReceivers {
		w.Errorf("got %d receivers, want %d", len(w.numbers), storeReceivers)
	}
	for receiver, all := range w.numbers {
		seen := make(map[uint16]bool)
		for _, n := range all {
			if seen[n] {
				w.Errorf("%s: number %d is assigned twice: %v", receiver, n, all)
			}
			seen[n] = true
		}
		if len(all) != each {
			w.Errorf("%s: got %d messages, want %d", receiver, len(all), each)
		}
	}
}

// readRestored reads messages from before the backup, and from after it.
func (w *readWorld) readRestored(ctx context.Context, lost bool) {
	w.Helper()
	g, _ := w.current()
	e, err := simulator.OpenESME(ctx, g.addr, simulator.ESMEOptions{Bind: simulator.Bind{SystemID: accounts[0]}, OnRequest: w.hear})
	if err != nil {
		w.Fatal(err)
	}
	way, err := openHTTPReads(ctx, w.T, w)
	if err != nil {
		w.Fatal(err)
	}
	defer way.close()
	want, told := http.StatusAccepted, beforeBackup+afterBackup
	if lost {
		want, told = http.StatusNotFound, beforeBackup
	}
	for receiver, all := range w.numbers {
		w.wantCodes(ctx, way, receiver, all[:beforeBackup], http.StatusAccepted)
		w.wantCodes(ctx, way, receiver, all[beforeBackup+duringBackup:][:afterBackup], want)
	}
	w.wantTold(ctx, told*storeReceivers)
	if err := e.Unbind(ctx); err != nil {
		w.Error(err)
	}
}

// wantCodes sends reads of numbers and wants one verdict.
func (w *readWorld) wantCodes(ctx context.Context, way readWay, receiver string, numbers []uint16, want int) {
	w.Helper()
	var items []readItem
	for _, n := range numbers {
		items = append(items, readItem{receiver: receiver, number: int(n)})
	}
	codes, err := way.send(ctx, items)
	if err != nil {
		w.Fatal(err)
	}
	for i, code := range codes {
		if code != want {
			w.Errorf("read of %s, number %d: got %d, want %d", receiver, numbers[i], code, want)
		}
	}
}

// wantTold waits for so many feedbacks, and wants each once.
func (w *readWorld) wantTold(ctx context.Context, want int) {
	w.Helper()
	for {
		w.mu.Lock()
		n, more := len(w.told), w.more
		w.mu.Unlock()
		if n >= want {
			break
		}
		select {
		case <-more:
		case <-ctx.Done():
			w.Fatalf("got %d feedbacks, want %d", n, want)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, all := range w.told {
		if len(all) != 1 {
			w.Errorf("%s: got %s", key, fmt.Sprint(all))
		}
	}
	if len(w.told) != want || len(w.strange) > 0 {
		w.Errorf("got %d feedbacks and %q, want %d", len(w.told), w.strange, want)
	}
}
