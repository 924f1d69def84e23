package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/internal/account"
	"readback/internal/simulator"
	"readback/smpp"
)

// TestServeAck has an ESME that is a receiver itself say that it read: the sender is told, and
// the SMSC sees nothing of it.
func TestServeAck(t *testing.T) {
	r := startService(t, func(cfg *config.Config) {
		hub := cfg.Account("hub")
		hub.MayRead = []account.AddressRange{{Low: "4477009001", High: "4477009001", Prefix: true}}
		cfg.Accounts["hub"] = hub
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	told := make(chan []byte, 1)
	bind := func(account string) *simulator.ESME {
		return bindWhenReady(ctx, t, r, simulator.ESMEOptions{
			Bind:      simulator.Bind{SystemID: account},
			OnRequest: func(f smpp.Frame) pdu.Status { told <- bytes.Clone(f); return smpp.StatusOK },
		})
	}
	bank, hub := bind("bank"), bind("hub")
	submit := func(e *simulator.ESME, from, to string, esmClass byte, text string) {
		t.Helper()
		m := simulator.ShortMessage{
			From: simulator.Number(from), To: simulator.Number(to), ESMClass: esmClass, UserData: []byte(text),
		}
		if resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || resp.Status() != smpp.StatusOK {
			t.Fatalf("submit_sm from %s: %v %v", from, resp, err)
		}
	}
	submit(bank, "10690001", "447700900101", 0, "Hello")
	submit(hub, "447700900101", "10690001", smpp.ESMClassDeliveryAck, "number:001 status:1")
	select {
	case f := <-told:
		if m, err := smpp.ParseMessage(f); err != nil || m.ESMClass() != smpp.ESMClassDeliveryAck {
			t.Errorf("feedback %x, want a deliver_sm of esm_class 08", f)
		}
	case <-ctx.Done():
		t.Fatal("no feedback")
	}
	if got := r.smsc.Accepted(); got != 1 {
		t.Errorf("the SMSC got %d messages, want that of the bank alone", got)
	}
}
