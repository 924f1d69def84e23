package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"readback/internal/operator"
	"readback/internal/simulator"
)

// TestSessionsCommand looks at a session, and ends it.
func TestSessionsCommand(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	esme, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := execute(t, "sessions", "--ops", r.Ops())
	if lines := strings.Split(strings.TrimSpace(out), "\n"); err != nil || len(lines) != 2 ||
		!strings.HasPrefix(lines[0], "ID ") || !strings.Contains(lines[1], " bank ") || !strings.Contains(lines[1], " bind_transceiver ") {
		t.Errorf("the table: got %q, %v", out, err)
	}
	out, err = execute(t, "sessions", "--json", "--account", "bank", "--ops", r.Ops())
	var s operator.Session
	if err != nil || json.Unmarshal([]byte(out), &s) != nil || s.Account != "bank" {
		t.Fatalf("in JSON: got %q, %v", out, err)
	}
	if out, err = execute(t, "sessions", "--json", "--account", "shop", "--ops", r.Ops()); err != nil || out != "" {
		t.Errorf("of another account: got %q, %v", out, err)
	}
	if out, err = execute(t, "sessions", "kick", strconv.Itoa(int(s.ID)), "--json", "--ops", r.Ops()); err != nil || out != fmt.Sprintf(`{"id":"%d","ended":true}`+"\n", s.ID) {
		t.Errorf("kick: got %q, %v", out, err)
	}
	select {
	case <-esme.Done():
	case <-ctx.Done():
		t.Fatal("the ESME is still bound")
	}
	if out, _ := execute(t, "sessions", "kick", "4711", "--json", "--ops", r.Ops()); !strings.HasPrefix(out, `{"id":"4711","ended":false,"error":"gateway says 404 `) {
		t.Errorf("kick nobody, in JSON: got %q", out)
	}
	if _, err = execute(t, "sessions", "kick", "4711", "--ops", r.Ops()); err == nil ||
		!strings.Contains(err.Error(), "there is no session 4711; it may have ended") {
		t.Errorf("kick nobody: got %v", err)
	}
}
