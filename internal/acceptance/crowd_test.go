//go:build e2e

package acceptance

import (
	"context"
	"testing"
	"time"

	"readback/internal/simulator"
	"readback/internal/simulator/load"
)

// Bounds of what the crowd may do to a busy ESME and to the gateway's memory.
const (
	worstLatency = 500 * time.Millisecond // at the 99th percentile, on a machine that others use too
	mostMemory   = 512                    // MiB
)

// TestCrowd has many idle sessions and some busy ones beside abusers.
func TestCrowd(t *testing.T) {
	for mode, s := range modes(t) {
		t.Run(mode, func(t *testing.T) { crowd(t, s) })
	}
}

func crowd(t *testing.T, s settings) {
	ctx := within(t)
	c := startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true})
	g := startGateway(ctx, t, free(t).with(s).with(settings{
		"smsc.addr": c.addr, "listen.max_sessions": 5000, "listen.enquire_link": "2s",
		"listen.session_init": "3s", "listen.write_timeout": "3s",
	}).write(t))
	figure := func(when string) {
		t.Logf("%-28s VmRSS %3d MiB, VmHWM %3d MiB", when, g.memory("VmRSS"), g.memory("VmHWM"))
	}
	figure("at the start")
	alone := busy(ctx, t, g, shortly)
	figure("after the busy alone")
	idle := openIdle(ctx, t, g)
	figure("with the idle")
	abusers := startAbusers(ctx, g.addr)
	crowded := busy(ctx, t, g, abuseTime())
	figure("with abusers")
	abusers.stop()
	busy(ctx, t, g, shortly)
	figure("after the abusers")
	for i := range abuses {
		n := abusers.cut[i].Load()
		t.Logf("%s: cut off %d times", abuses[i].name, n)
		if n == 0 {
			t.Errorf("abusers that %s were never cut off", abuses[i].name)
		}
	}
	t.Logf("99 of 100 answers within %v alone, %v in the crowd", alone.P99, crowded.P99)
	if crowded.P99 > worstLatency {
		t.Errorf("99 of 100 answers within %v, want %v", crowded.P99, worstLatency)
	}
	if got := g.memory("VmHWM"); got > mostMemory {
		t.Errorf("VmHWM %d MiB, want at most %d", got, mostMemory)
	}
	for _, e := range idle {
		select {
		case <-e.Done():
			t.Fatalf("an idle session ended: %v", e.Err())
		default:
		}
		if err := e.Unbind(ctx); err != nil {
			t.Errorf("unbind of an idle session: %v", err)
		}
	}
}

// shortly is how long the busy send without abusers.
const shortly = 3 * time.Second

// abuseTime is how long they send with them: longer than it takes to cut off each.
func abuseTime() time.Duration {
	if full {
		return time.Minute
	}
	return 10 * time.Second
}

// busy has the busy sessions send at a pace and wants all answered with ESME_ROK.
func busy(ctx context.Context, t *testing.T, g *gateway, d time.Duration) load.Result {
	t.Helper()
	const rate = 2000
	messages := size(rate * int(d/time.Second))
	r, err := load.Run(ctx, load.Options{
		Bind: simulator.Bind{SystemID: accounts[0], Password: password}, Addr: g.addr,
		Binds: size(50), Window: 4, Rate: float64(size(rate)), Messages: messages, Conversations: messages / 4,
	})
	if err != nil || r.OK != messages {
		t.Errorf("load: %v, %v", err, r)
	}
	t.Logf("busy: %v", r)
	return r
}

// openIdle binds the idle sessions.
func openIdle(ctx context.Context, t *testing.T, g *gateway) []*simulator.ESME {
	t.Helper()
	var all []*simulator.ESME
	for range size(1000) {
		e, err := simulator.OpenESME(ctx, g.addr, simulator.ESMEOptions{
			Bind: simulator.Bind{SystemID: accounts[0], Password: password}, Keep: 1,
		})
		if err != nil {
			t.Fatalf("idle session %d: %v", len(all)+1, err)
		}
		t.Cleanup(func() { _ = e.Close() }) // it has left, unless the test failed
		all = append(all, e)
	}
	return all
}
