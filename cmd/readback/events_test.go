package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/nats-io/nats.go"

	"readback/config"
	"readback/internal/simulator"
	"readback/smpp"
)

// TestServeEvents follows a message through its states, in both modes, by the events that a
// consumer of the operator's sees.
func TestServeEvents(t *testing.T) {
	const passwordHash = "$2a$04$wf6pSMFYMoBro4ZhMRdFouk/X75jzV0pfKP.hvFWS4eoNTVeLRlxO" // of "secret", at the least cost
	for _, mode := range []string{"mirror", "shared"} {
		t.Run(mode, func(t *testing.T) {
			r := startBefore(t, simulator.Options{Keep: 1000}, func(cfg *config.Config) {
				cfg.Relay.Listen = "127.0.0.1:0"
				cfg.SMSC.Mode, cfg.SMSC.SystemID, cfg.SMSC.Binds = mode, "readback", 1
				bank := cfg.Account("bank")
				bank.Listed, bank.PasswordHash, bank.Feedback.Events = true, passwordHash, true
				cfg.Accounts = map[string]config.Account{"bank": bank}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := r.relay.WaitReady(ctx); err != nil {
				t.Fatal(err)
			}
			nc, err := nats.Connect(r.relay.ClientURL())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			events := make(chan *nats.Msg, 16)
			if _, err := nc.ChanSubscribe("readback.events.bank", events); err != nil {
				t.Fatal(err)
			}
			e := bindWhenReady(ctx, t, r, simulator.ESMEOptions{
				Bind:      simulator.Bind{SystemID: "bank", Password: "secret"},
				OnRequest: func(smpp.Frame) pdu.Status { return smpp.StatusOK },
			})
			m := simulator.ShortMessage{
				From: simulator.Number("10690001"), To: simulator.Number("447700900101"),
				RegisteredDelivery: 0x01 | smpp.RegisteredReadAck, UserData: []byte("Hello"),
			}
			if resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || resp.Status() != smpp.StatusOK {
				t.Fatalf("submit_sm: %v %v", resp, err)
			}
			states := []string{next(ctx, t, events), next(ctx, t, events)}
			read, err := http.Post("http://"+r.Reads()+"/v1/reads", "application/json",
				strings.NewReader(`{"receiver":"447700900101","sender":"10690001","number":1}`))
			if err != nil || read.StatusCode != http.StatusAccepted {
				t.Fatalf("read response: %v %v", read, err)
			}
			_ = read.Body.Close() // its status is all
			states = append(states, next(ctx, t, events), next(ctx, t, events))
			if want := []string{"sent", "delivered", "read", "reported"}; !slices.Equal(states, want) {
				t.Errorf("got %v, want %v", states, want)
			}
		})
	}
}

// bindWhenReady binds as soon as the gateway takes the ESME.
func bindWhenReady(ctx context.Context, t *testing.T, r *running, opt simulator.ESMEOptions) *simulator.ESME {
	t.Helper()
	for {
		e, err := simulator.OpenESME(ctx, r.ESMEs(), opt)
		if err == nil {
			return e
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// next is the type of the next event.
func next(ctx context.Context, t *testing.T, events <-chan *nats.Msg) string {
	t.Helper()
	select {
	case m := <-events:
		var ev struct{ Type string }
		if err := json.Unmarshal(m.Data, &ev); err != nil {
			t.Fatal(err)
		}
		return ev.Type
	case <-ctx.Done():
		t.Fatal("no event")
		return ""
	}
}
