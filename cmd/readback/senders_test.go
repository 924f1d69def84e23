package main

import (
	"context"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/internal/account"
	"readback/internal/simulator"
	"readback/smpp"
)

// only lets an account send from one address.
func only(cfg *config.Config, id, sender string) {
	a := cfg.Account(id)
	a.Senders = []account.AddressRange{{Low: sender, High: sender}}
	cfg.Accounts[id] = a
}

// An account cannot use up the numbers of another's conversation: with as many messages as there are numbers
// the older ones could not be found any more.
func TestServeSenders(t *testing.T) {
	r := startService(t, func(cfg *config.Config) {
		cfg.Feedback.AfterReceipt = 0
		cfg.Accounts = make(map[string]config.Account)
		only(cfg, "bank", "10690001")
		only(cfg, "shop", "10690002")
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	bank, about := told(ctx, t, r)
	submit(ctx, t, bank, receiver(0))
	shop, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "shop"}})
	if err != nil {
		t.Fatal(err)
	}
	from := func(sender string) pdu.Status {
		t.Helper()
		m := simulator.ShortMessage{From: simulator.Number(sender), To: simulator.Number(receiver(0)), UserData: []byte("Hello")}
		resp, err := shop.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
		if err != nil {
			t.Fatal(err)
		}
		return resp.Status()
	}
	for range 261 {
		if got := from("+10690001"); got != smpp.StatusInvSrcAddr {
			t.Fatalf("another's sender: got %v, want ESME_RINVSRCADR", got)
		}
	}
	if got := from("10690002"); got != smpp.StatusOK {
		t.Errorf("its own sender: got %v, want ESME_ROK", got)
	}
	r.read(ctx, t, receiver(0))
	select {
	case <-about:
	case <-ctx.Done():
		t.Fatal("the bank was not told that its message was read")
	}
	r.written.write(func(cfg *config.Config) { only(cfg, "shop", "10690003") }, nil)
	if _, err := r.reload(); err != nil {
		t.Fatal(err)
	}
	if got := from("10690002"); got != smpp.StatusInvSrcAddr {
		t.Errorf("a sender that it had before the reload: got %v, want ESME_RINVSRCADR", got)
	}
}
