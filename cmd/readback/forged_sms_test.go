package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// withProofs makes messages carry proofs, and reads by SMS need what sms says.
func withProofs(sms string) func(*config.Config) {
	return func(cfg *config.Config) {
		cfg.Track.Proof, cfg.Track.ProofSecrets = true, []config.Secret{"sixteen octets a"}
		cfg.Relay.Auth = []string{"proof"}
		cfg.Reads.SMS, cfg.Feedback.AfterReceipt = sms, 0
	}
}

// told returns a bound ESME, and what its feedback is about.
func told(ctx context.Context, t *testing.T, r *running) (*simulator.ESME, <-chan string) {
	t.Helper()
	about := make(chan string, 10)
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: "bank"},
		OnRequest: func(f smpp.Frame) pdu.Status {
			if m, err := smpp.ParseMessage(f); err == nil {
				about <- string(m.From.Addr)
			}
			return smpp.StatusOK
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, about
}

// byNetwork delivers a read response of a receiver from the network. The gateway must take it.
func byNetwork(ctx context.Context, t *testing.T, r *running, receiver string, element []byte) {
	t.Helper()
	if status := tryByNetwork(ctx, t, r, receiver, element); status != smpp.StatusOK {
		t.Fatalf("deliver_sm: got %v, want it to be taken", status)
	}
}

// tryByNetwork is byNetwork of a read response that may be refused.
func tryByNetwork(ctx context.Context, t *testing.T, r *running, receiver string, element []byte) pdu.Status {
	t.Helper()
	m := simulator.ShortMessage{
		From: simulator.Number(receiver), To: simulator.Number("10690001"), ESMClass: smpp.ESMClassUDHI,
		UserData: append([]byte{byte(2 + len(element)), 0x81, byte(len(element))}, element...),
	}
	status, err := r.smsc.Deliver(ctx, "bank", m.Append(nil, pdu.DeliverSMID, 0))
	if err != nil {
		t.Fatalf("deliver_sm: %v", err)
	}
	return status
}

// proofOf returns the element that the SMSC got with the newest message.
func proofOf(t *testing.T, r *running) []byte {
	t.Helper()
	var data []byte
	for _, rec := range r.smsc.Received(pdu.SubmitSMID) {
		m, err := smpp.ParseMessage(rec.Frame)
		if err != nil {
			t.Fatal(err)
		}
		h, err := udh.ParseHeader(m.UserData())
		if err != nil {
			t.Fatal(err)
		}
		e, _ := h.Find(0x80)
		data = bytes.Clone(e.Data)
	}
	if len(data) != 6 {
		t.Fatalf("element of the message: got % x, want number and proof", data)
	}
	return data
}

// With reads.sms proof nobody is told of a read that the network reports without the proof of the message;
// with it the ESME is.
func TestServeForgedSMS(t *testing.T) {
	r := startService(t, withProofs(config.SMSProof))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, about := told(ctx, t, r)
	for i := range 3 {
		submit(ctx, t, e, receiver(i))
		byNetwork(ctx, t, r, receiver(i), []byte{0, 1, 1})
	}
	element := proofOf(t, r)
	byNetwork(ctx, t, r, receiver(0), []byte{0, 1, 1, 0xDE, 0xAD, 0xBE, 0xEF})
	byNetwork(ctx, t, r, receiver(1), append([]byte{0, 1, 1}, element[2:]...)) // the proof of another's message
	byNetwork(ctx, t, r, receiver(2), append([]byte{0, 1, 1}, element[2:]...))
	select {
	case got := <-about:
		if got != receiver(2) {
			t.Errorf("told that %s has read, want %s, whose proof it was", got, receiver(2))
		}
	case <-ctx.Done():
		t.Fatal("the read with its proof was not told")
	}
	if len(about) > 0 {
		t.Errorf("told that %s has read, too", <-about)
	}
}

// A subscriber who guesses by SMS has to wait, in whatever notation the SMSC writes its number. Others need
// not: neither the one who shows a right proof nor the one who shows an old one.
func TestServeGuessesBySMS(t *testing.T) {
	r := startService(t, func(cfg *config.Config) {
		withProofs(config.SMSProof)(cfg)
		cfg.Relay.GuessRate = 4
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, about := told(ctx, t, r)
	submit(ctx, t, e, receiver(0))
	guess := []byte{0, 1, 1, 0xDE, 0xAD, 0xBE, 0xEF}
	byNetwork(ctx, t, r, receiver(1), guess)
	for range 60 { // more than all phone numbers may at once
		if status := tryByNetwork(ctx, t, r, "+"+receiver(1), guess); status != smpp.StatusTempApp {
			t.Fatalf("another guess of the same number: got %v, want ESME_RX_T_APPN", status)
		}
	}
	byNetwork(ctx, t, r, receiver(2), guess)
	byNetwork(ctx, t, r, receiver(0), append([]byte{0, 1, 1}, proofOf(t, r)[2:]...))
	select {
	case <-about:
	case <-ctx.Done():
		t.Fatal("the read with its proof was not told")
	}
}

// With reads.sms vouched the word of the SMSC is enough.
func TestServeVouchedSMS(t *testing.T) {
	r := startService(t, withProofs(config.SMSVouched))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, about := told(ctx, t, r)
	submit(ctx, t, e, receiver(0))
	byNetwork(ctx, t, r, receiver(0), []byte{0, 1, 1})
	select {
	case <-about:
	case <-ctx.Done():
		t.Fatal("the read was not told")
	}
}

// An ESME cannot send the read response of a subscriber, whether proofs are on or not.
func TestServeForgedByESME(t *testing.T) {
	for name, change := range map[string]func(*config.Config){"proof": withProofs(config.SMSProof), "vouched": nil} {
		t.Run(name, func(t *testing.T) {
			r := startService(t, change)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			thief, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "thief"}})
			if err != nil {
				t.Fatal(err)
			}
			m := simulator.ShortMessage{
				From: simulator.Number(receiver(0)), To: simulator.Number("10690001"), ESMClass: smpp.ESMClassUDHI,
				UserData: []byte("\x05\x81\x03\x00\x01\x01"),
			}
			resp, err := thief.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
			if err != nil || resp.Status() != smpp.StatusSubmitFailed {
				t.Errorf("got % x, %v, want ESME_RSUBMITFAIL", []byte(resp), err)
			}
			if got := r.smsc.Received(pdu.SubmitSMID); len(got) > 0 {
				t.Errorf("the SMSC got % x", []byte(got[0].Frame))
			}
		})
	}
}
