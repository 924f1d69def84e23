//go:build e2e

package acceptance

import (
	"context"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// TestDrain stops the gateway under load: each message is answered, /readyz fails
// meanwhile, nobody binds any more, the SMSC is unbound, and the exit is clean.
func TestDrain(t *testing.T) {
	ways := map[string]func(g *gateway, config string){
		"SIGTERM": func(g *gateway, _ string) { g.terminate() },
		"command": func(g *gateway, config string) {
			if out, err := exec.Command(program, "drain", "--config", config).CombinedOutput(); err != nil {
				g.Errorf("readback drain: %v: %s", err, out)
			}
		},
	}
	for mode, s := range modes(t) {
		for way, stop := range ways {
			t.Run(mode+" "+way, func(t *testing.T) { drain(t, s, stop) })
		}
	}
}

// answerTime is how long the SMSC takes, so that there is something to wait for.
const answerTime = time.Second

func drain(t *testing.T, s settings, stop func(*gateway, string)) {
	ctx := within(t)
	unbinds := make(chan struct{}, 100)
	opt := simulator.Options{NoReceipts: true, ResponseDelay: answerTime}
	opt.Answer = func(_ string, f smpp.Frame) ([]byte, bool) {
		if f.ID() == pdu.UnbindID {
			unbinds <- struct{}{}
		}
		return nil, false
	}
	c := startSMSC(t, listen(t, ""), opt)
	config := free(t).with(s).with(settings{"smsc.addr": c.addr, "ops.addr": freeAddr(t)}).write(t)
	g := startGateway(ctx, t, config)
	l := startSenders(ctx, t, g.addr)
	l.awaitOK(ctx, binds*window)
	rest(ctx, answerTime/2) // half-way to the next answers
	var stopping sync.WaitGroup
	stopping.Go(func() { stop(g, config) })
	expectUnready(ctx, g)
	stopping.Wait()
	if conn, err := net.Dial("tcp", g.addr); err == nil {
		expectClosed(t, conn)
	}
	g.awaitExit(ctx)
	r := l.stop(ctx, nil)
	t.Logf("%d sent, %d ok, refused %v", r.sent, r.ok, r.failed)
	if got := int(c.Accepted()); got != r.ok {
		t.Errorf("%d messages were answered with ESME_ROK, but the SMSC accepted %d", r.ok, got)
	}
	if r.owed > 0 {
		t.Errorf("the gateway unbound ESMEs to which it owed %d answers", r.owed)
	}
	if r.none > 0 || r.many > 0 || r.sent != r.ok+r.failed[smpp.StatusThrottled] {
		t.Errorf("got %v, want each message answered once, with ESME_ROK or ESME_RTHROTTLED", r)
	}
	want := binds
	if s["smsc.binds"] != nil {
		want = s["smsc.binds"].(int)
	}
	if got := len(unbinds); got != want {
		t.Errorf("the SMSC was unbound %d times, want %d", got, want)
	}
}

// expectUnready wants /readyz to fail until the gateway is gone, and to say why.
func expectUnready(ctx context.Context, g *gateway) {
	g.Helper()
	failed := false
	poll(ctx, func() bool {
		code, body := g.ready(ctx)
		switch {
		case code == http.StatusServiceUnavailable && strings.Contains(body, "draining"):
			failed = true
		case code == http.StatusOK && failed:
			g.Errorf("/readyz is well again: %s", body)
		}
		select {
		case <-g.exited:
			return true
		default:
			return false
		}
	})
	if !failed {
		g.Error("/readyz never said that the gateway drains")
	}
}
