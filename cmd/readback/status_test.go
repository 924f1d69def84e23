package main

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"readback/config"
	"readback/internal/testpeer"
)

// TestStatusCommand asks a gateway that is well, and one whose SMSC does not take its password.
func TestStatusCommand(t *testing.T) {
	r := startService(t, nil)
	for ctx := testpeer.Within(t); r.relay.Ready() != nil; runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatal("the ledger does not start")
		}
	}
	out, err := execute(t, "status", "--ops", r.Ops())
	for _, want := range []string{"version ", "mode ", "mirror", "SMSC ", "up", "0 of 0 accounts", "relay ", "ready"} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("got %q, %v; want %q", out, err, want)
		}
	}
	if strings.Contains(out, "smsc ") {
		t.Errorf("in mirror mode: got %q, want no part that says the SMSC is there", out)
	}
	if out, err := execute(t, "status", "--json", "--ops", r.Ops()); err != nil || !strings.Contains(out, `"ready":true`) {
		t.Errorf("in JSON: got %q, %v", out, err)
	}
	away := startService(t, func(cfg *config.Config) {
		cfg.SMSC.Mode, cfg.SMSC.Addrs = "shared", []string{"127.0.0.1:1"}
		cfg.SMSC.SystemID, cfg.SMSC.Password, cfg.SMSC.Binds = "gateway", "secret", 1
	})
	out, err = execute(t, "status", "--ops", away.Ops())
	if !errors.Is(err, errNotReady) || !strings.Contains(out, "not ready: no bind to the SMSC is up") {
		t.Errorf("without the SMSC: got %q, %v", out, err)
	}
}
