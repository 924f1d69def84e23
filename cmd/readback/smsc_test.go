package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"readback/config"
	"readback/internal/operator"
	"readback/internal/simulator"
)

// TestSMSCCommand looks at the SMSC's side of a session, and ends it; and at an SMSC that is not there.
func TestSMSCCommand(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	esme, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := execute(t, "smsc", "--ops", r.Ops())
	if lines := strings.Split(strings.TrimSpace(out), "\n"); err != nil || len(lines) != 2 || !strings.HasPrefix(lines[0], "ID ") ||
		!strings.Contains(lines[1], " bank ") || !strings.Contains(lines[1], r.cfg.SMSC.Addr+" ") || !strings.Contains(lines[1], " bound ") {
		t.Errorf("the table: got %q, %v", out, err)
	}
	var s operator.SMSCSession
	out, err = execute(t, "smsc", "--json", "--ops", r.Ops())
	if err != nil || json.Unmarshal([]byte(out), &s) != nil || s.Account != "bank" {
		t.Errorf("in JSON: got %q, %v", out, err)
	}
	if _, err = execute(t, "smsc", "kick", "1", "--ops", r.Ops()); err != nil {
		t.Errorf("kick: got %v", err)
	}
	select {
	case <-esme.Done():
	case <-ctx.Done():
		t.Fatal("the ESME is still bound")
	}
	if _, err = execute(t, "smsc", "kick", "4711", "--ops", r.Ops()); err == nil || !strings.Contains(err.Error(), "there is no session 4711 with the SMSC") {
		t.Errorf("kick nobody: got %v", err)
	}
	away := startService(t, func(cfg *config.Config) { cfg.SMSC.Addr = "127.0.0.1:1" })
	if _, err = simulator.OpenESME(ctx, away.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}}); err == nil {
		t.Fatal("an ESME is bound without an SMSC")
	}
	if _, err = execute(t, "smsc", "--ops", away.Ops()); err == nil || !strings.Contains(err.Error(), "the SMSC is down since ") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("without an SMSC: got %v", err)
	}
	if out, _ = execute(t, "status", "--ops", away.Ops()); !strings.Contains(out, "down since ") {
		t.Errorf("the status: got %q", out)
	}
}
