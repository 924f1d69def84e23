package main

import (
	"encoding/json"
	"strings"
	"testing"

	"readback/config"
	"readback/internal/operator"
)

// TestAccountsCommand lists an account that only the configuration knows.
func TestAccountsCommand(t *testing.T) {
	r := startService(t, func(cfg *config.Config) {
		shop := cfg.Account("")
		shop.Listed, shop.Rate = true, 25
		cfg.Accounts = map[string]config.Account{"shop": shop}
	})
	out, err := execute(t, "accounts", "--ops", r.Ops())
	if lines := strings.Split(strings.TrimSpace(out), "\n"); err != nil || len(lines) != 2 || !strings.HasPrefix(lines[1], "shop ") || !strings.Contains(lines[1], " 25 ") {
		t.Errorf("the table: got %q, %v", out, err)
	}
	out, err = execute(t, "accounts", "--json", "--ops", r.Ops())
	var a operator.Account
	if err != nil || json.Unmarshal([]byte(out), &a) != nil || a.Name != "shop" || !a.Listed || a.Rate != 25 {
		t.Errorf("in JSON: got %q, %v", out, err)
	}
}

// The reason that most messages have comes first.
func TestReasons(t *testing.T) {
	if got := reasons(map[string]uint64{"binary": 2, "no_room": 9, "ack": 2}); got != "no_room 9, ack 2, binary 2" {
		t.Errorf("got %q", got)
	}
}
