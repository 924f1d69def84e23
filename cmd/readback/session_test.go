package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/handset"
	"readback/internal/simulator"
	"readback/smpp"
)

// arrival is a deliver_sm that a session of an ESME got.
type arrival struct {
	session int
	what    string // "receipt" or "READ"
	about   string // the address that it came from
}

// sessions binds some sessions of the account bank. answer is what they answer a receipt with.
func (r *running) sessions(ctx context.Context, t *testing.T, n int, answer func() pdu.Status) ([]*simulator.ESME, <-chan arrival) {
	t.Helper()
	arrivals, all := make(chan arrival, 100), make([]*simulator.ESME, n)
	for i := range all {
		e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
			Bind: simulator.Bind{SystemID: "bank"},
			OnRequest: func(f smpp.Frame) pdu.Status {
				m, err := smpp.ParseMessage(f)
				if err != nil {
					return smpp.StatusOK
				}
				if m.ESMClass() == smpp.ESMClassReceipt {
					arrivals <- arrival{i, "receipt", string(m.From.Addr)}
					return answer()
				}
				arrivals <- arrival{i, "READ", string(m.From.Addr)}
				return smpp.StatusOK
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		all[i] = e
	}
	return all, arrivals
}

// submit sends a message to a receiver, and returns its message_id.
func submit(ctx context.Context, t *testing.T, e *simulator.ESME, to string) (id string) {
	t.Helper()
	m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(to), UserData: []byte("Hello"), RegisteredDelivery: 1}
	resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
	if err != nil {
		t.Fatal(err)
	}
	id, _, _ = strings.Cut(string(resp.Body()), "\x00")
	return id
}

// read reports that a receiver has read its first message.
func (r *running) read(ctx context.Context, t *testing.T, receiver string) {
	t.Helper()
	respond := simulator.HTTPReads("http://"+r.Reads()+"/v1/reads", "")
	if err := respond(ctx, handset.Response{Receiver: receiver, Sender: "10690001", Number: 1, Status: handset.Read}); err != nil {
		t.Fatalf("read response: %v", err)
	}
}

// nextArrival waits for what comes to a session next.
func nextArrival(ctx context.Context, t *testing.T, arrivals <-chan arrival) arrival {
	t.Helper()
	select {
	case a := <-arrivals:
		return a
	case <-ctx.Done():
		t.Fatal("nothing more comes")
		return arrival{}
	}
}

// READ comes behind the SMSC's receipt: when a session has taken that, not when one has refused it. It comes
// to the session that has taken it.
func TestServeReadBehindReceipt(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	answers := make(chan pdu.Status, 1)
	esmes, arrivals := r.sessions(ctx, t, 2, func() pdu.Status { return <-answers })
	deliver := func(id string, status pdu.Status) (session int) {
		t.Helper()
		receipt := simulator.ShortMessage{
			From: simulator.Number(receiver(0)), To: simulator.Number("10690001"), ESMClass: smpp.ESMClassReceipt,
			UserData: []byte("id:" + id + " sub:001 dlvrd:001 submit date:2611230815 done date:2611230816 stat:DELIVRD err:000 text:Hello"),
		}
		answers <- status
		if got, err := r.smsc.Deliver(ctx, "bank", receipt.Append(nil, pdu.DeliverSMID, 0)); err != nil || got != status {
			t.Fatalf("receipt: got %v, %v, want the answer %v", got, err, status)
		}
		a := nextArrival(ctx, t, arrivals)
		if a.what != "receipt" {
			t.Fatalf("got %+v, want the receipt", a)
		}
		return a.session
	}
	id := submit(ctx, t, esmes[0], receiver(0))
	deliver(id, smpp.StatusTempApp)
	r.read(ctx, t, receiver(0))
	deliver(id, smpp.StatusTempApp)
	session := deliver(id, smpp.StatusOK)
	if got := nextArrival(ctx, t, arrivals); got.what != "READ" || got.session != session {
		t.Errorf("got %+v, want READ at session %d", got, session)
	}
}

// Feedback goes to the session that sent the message. When that has left, another one of the account gets it.
func TestServeFeedbackToTheSender(t *testing.T) {
	r := startService(t, func(cfg *config.Config) { cfg.Feedback.AfterReceipt = 0 })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	const sessions, messages = 3, 8
	esmes, arrivals := r.sessions(ctx, t, sessions, func() pdu.Status { return smpp.StatusOK })
	to := func(session, message int) string { return fmt.Sprintf("447700900%d%02d", session, message) }
	for m := range messages {
		for s, e := range esmes {
			submit(ctx, t, e, to(s, m))
		}
	}
	reads := func(first, last int) {
		for m := first; m < last; m++ {
			for s := range sessions {
				r.read(ctx, t, to(s, m))
			}
		}
	}
	reads(0, messages-1)
	for range sessions * (messages - 1) {
		if got := nextArrival(ctx, t, arrivals); got.about[9:10] != fmt.Sprint(got.session) {
			t.Errorf("session %d got what is for session %s", got.session, got.about[9:10])
		}
	}
	if err := esmes[0].Close(); err != nil {
		t.Fatal(err)
	}
	reads(messages-1, messages)
	for range sessions {
		if got := nextArrival(ctx, t, arrivals); got.session == 0 || got.about[9:10] != "0" && got.about[9:10] != fmt.Sprint(got.session) {
			t.Errorf("session %d got what is for session %s, after session 0 has left", got.session, got.about[9:10])
		}
	}
}
