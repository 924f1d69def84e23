//go:build e2e

package acceptance

import (
	"context"
	"fmt"
	"testing"
	"time"

	"readback/internal/simulator"
	"readback/internal/simulator/load"
)

// Load by four binds with a window of 16, as promised.
const (
	binds  = 4
	window = 16
)

// sendAll sends messages, each with a text of its own, and wants all of them answered.
func sendAll(ctx context.Context, t *testing.T, addr, text string, messages, conversations int) {
	t.Helper()
	r, err := load.Run(ctx, loadOptions(addr, text, messages, conversations))
	if err != nil || r.OK != messages {
		t.Errorf("load: %v, %v", err, r)
	}
	t.Log(r)
}

func loadOptions(addr, text string, messages, conversations int) load.Options {
	return load.Options{
		Bind: simulator.Bind{SystemID: accounts[0], Password: password}, Addr: addr,
		Binds: binds, Window: window, Messages: messages, Conversations: conversations,
		Text: text, Serial: true,
	}
}

// TestLoad sends many messages of many conversations, then as many of one.
func TestLoad(t *testing.T) {
	ctx := within(t)
	for mode, s := range modes(t) {
		t.Run(mode, func(t *testing.T) {
			seen := newChecker()
			c := startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true, OnFrame: seen.see})
			g := startGateway(ctx, t, free(t).with(s).with(settings{"smsc.addr": c.addr}).write(t))
			many, one := size(200_000), size(10_000)
			sendAll(ctx, t, g.addr, "many ", many, size(100_000))
			sendAll(ctx, t, g.addr, "one ", one, 1)
			seen.check(t, many+one)
			if got := len(seen.texts); got != many+one {
				t.Errorf("%d messages came, want %d", got, many+one)
			}
			t.Logf("VmRSS %d MiB, VmHWM %d MiB", g.memory("VmRSS"), g.memory("VmHWM"))
			g.terminate()
			g.awaitExit(ctx)
		})
	}
}

// TestKill kills the gateway in the middle of a load and starts it again on the same
// store, five times, then has the load go through.
func TestKill(t *testing.T) {
	ctx := within(t)
	seen := newChecker()
	c := startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true, OnFrame: seen.see})
	config := free(t).with(settings{"smsc.addr": c.addr}).write(t)
	messages, conversations := size(60_000), size(300)
	const times = 5
	came := 0
	for i := range times {
		g := startGateway(ctx, t, config)
		half := seen.after(came + messages/2)
		done := make(chan load.Result, 1)
		go func() {
			r, _ := load.Run(ctx, loadOptions(g.addr, fmt.Sprintf("kill %d ", i), messages, conversations))
			done <- r
		}()
		select {
		case <-half:
		case <-ctx.Done():
			t.Fatal("the load does not get half-way")
		}
		g.kill()
		r := <-done
		if r.OK == 0 || r.OK == messages || len(r.Failed) > 0 {
			t.Errorf("load until the kill: %v, want a part answered, all of it with ESME_ROK", r)
		}
		came = seen.settled(ctx, c)
		seen.check(t, r.OK)
	}
	start := time.Now()
	g := startGateway(ctx, t, config)
	t.Logf("ready %v after the last kill", time.Since(start).Round(time.Millisecond))
	sendAll(ctx, t, g.addr, "after ", messages, conversations)
	seen.check(t, came+messages)
}

// settled waits until no session is left, and returns how many messages have come.
func (c *checker) settled(ctx context.Context, s *smsc) int {
	_ = s.WaitBound(ctx, "", 0) // what is still bound shows in the counts
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.texts)
}
