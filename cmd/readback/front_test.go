package main

import (
	"context"
	"net"
	"testing"
	"time"

	"readback/config"
	"readback/internal/account"
	"readback/internal/simulator"
)

// fewStay fails if more than most of n silent connections of one address stay open. It closes them at the end
// of the test. The listener closes them in any case after five seconds or more.
func fewStay(t *testing.T, addr string, n, most int) {
	t.Helper()
	closed, tooLate := make(chan bool, n), time.After(4*time.Second)
	for range n {
		if conn, err := net.Dial("tcp", addr); err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			go func() {
				_, _ = conn.Read(make([]byte, 1))
				closed <- true
			}()
		}
	}
	for range n - most {
		select {
		case <-closed:
		case <-tooLate:
			t.Fatalf("%s: more than %d of one address stay open", addr, most)
		}
	}
}

// Each listener has the bound of its setting.
func TestServeStrangersPerAddress(t *testing.T) {
	r := startService(t, func(cfg *config.Config) { cfg.Listen.MaxUnboundPerAddress, cfg.Reads.MaxUnknown = 5, 5 })
	for _, addr := range []string{r.ESMEs(), r.Reads()} {
		fewStay(t, addr, 20, 5)
	}
}

// With smsc.system_id_case ignored an account has its bound in either case, and else it is another account.
func TestServeCaseOfSystemID(t *testing.T) {
	for how, refused := range map[string]bool{"ignored": true, "exact": false} {
		r := startService(t, func(cfg *config.Config) {
			cfg.SMSC.SystemIDCase = how
			bank := cfg.Account("bank")
			bank.Limits = account.Limits{MaxSessions: 1}
			cfg.Accounts = map[string]config.Account{"bank": bank}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for _, id := range []string{"bank", "BANK"} {
			_, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: id}})
			if want := refused && id == "BANK"; (err != nil) != want {
				t.Errorf("%s, %s: got %v, want a refusal %v", how, id, err, want)
			}
		}
	}
}
