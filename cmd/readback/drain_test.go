package main

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/internal/operator"
	"readback/internal/simulator"
)

// TestDrainCommand stops a gateway with a session, and waits for its end.
func TestDrainCommand(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}}); err != nil {
		t.Fatal(err)
	}
	if _, body := get(t, "http://"+r.Ops()+"/v1/drain"); body != `{"state":"serving","sessions":1,"unanswered":0,"deliveries":0,"cut_off":0}`+"\n" {
		t.Errorf("before: got %s", body)
	}
	out, err := execute(t, "drain", "--wait", "--ops", r.Ops())
	if err != nil || !strings.HasPrefix(out, "draining: ") || !strings.HasSuffix(out, "\nthe gateway has ended\n") {
		t.Errorf("got %q, %v", out, err)
	}
	if err := r.stop(); err != nil {
		t.Errorf("the gateway: got %v", err)
	}
	if _, err := execute(t, "drain", "--ops", r.Ops()); err == nil {
		t.Error("a gateway that has ended drains")
	}
}

// TestDrainCutOff stops a gateway whose SMSC leaves a message unanswered.
func TestDrainCutOff(t *testing.T) {
	r := startService(t, func(cfg *config.Config) { cfg.Gateway.DrainTimeout = 300 * time.Millisecond })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	r.leaveUnanswered(ctx, e)
	out, err := execute(t, "drain", "--wait", "--json", "--ops", r.Ops())
	if err == nil || !strings.Contains(err.Error(), "1 session(s) were cut off before all answers had come") {
		t.Errorf("got %q, %v", out, err)
	}
	first, _, _ := strings.Cut(out, "\n")
	var d operator.Drain
	if err := json.Unmarshal([]byte(first), &d); err != nil || d.State != operator.Draining || d.Deadline.Sub(*d.Since) != 300*time.Millisecond || d.Unanswered != 1 {
		t.Errorf("got %q, %v", first, err)
	}
}

// leaveUnanswered sends a message that the simulated SMSC does not answer.
func (r *running) leaveUnanswered(ctx context.Context, e *simulator.ESME) {
	const silence = "447700909000"
	m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(silence), UserData: []byte("Hello")}
	go func() { _, _ = e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)) }()
	for r.gateway.Sessions()[0].Unanswered == 0 && ctx.Err() == nil {
		runtime.Gosched()
	}
}

// TestDrainCutOffBefore stops a gateway of which an operator ended a session before, with an answer missing.
func TestDrainCutOffBefore(t *testing.T) {
	r := startService(t, func(cfg *config.Config) { cfg.Gateway.DrainTimeout = time.Millisecond })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	r.leaveUnanswered(ctx, e)
	if _, err := execute(t, "sessions", "kick", "1", "--ops", r.Ops()); err != nil {
		t.Fatal(err)
	}
	for r.gateway.CutOff() == 0 && ctx.Err() == nil {
		runtime.Gosched()
	}
	if _, body := get(t, "http://"+r.Ops()+"/v1/drain"); !strings.Contains(body, `"cut_off":0`) {
		t.Errorf("before: got %s", body)
	}
	if out, err := execute(t, "drain", "--wait", "--ops", r.Ops()); err != nil {
		t.Errorf("got %q, %v", out, err)
	}
}
