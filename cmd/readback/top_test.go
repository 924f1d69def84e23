package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/operator"
	"readback/internal/simulator"
	"readback/internal/top"
)

// TestTopCommand shows an account that is bound.
func TestTopCommand(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	esme := bindWhenReady(ctx, t, r, simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number("447700900101"), UserData: []byte("Hello")}
	if _, err := esme.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil {
		t.Fatal(err)
	}
	out, err := execute(t, "top", "--once", "--interval", "100ms", "--ops", r.Ops())
	for _, want := range []string{"mirror mode, ready", "SMSC up, 1 sessions of 1 accounts", "\nACCOUNT ", "\nbank ", "p50/p99: to SMSC"} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("got %q, %v; want %q", out, err, want)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Errorf("got %q, want no escape sequences for a file", out)
	}
	out, err = execute(t, "top", "--once", "--json", "--interval", "100ms", "--ops", r.Ops())
	var v top.View
	if err != nil || json.Unmarshal([]byte(out), &v) != nil || v.Accounts[0].Name != "bank" || v.Accounts[0].Sessions != 1 || !v.Status.SMSCUp {
		t.Errorf("in JSON: got %q, %v", out, err)
	}
	if _, err := execute(t, "top", "--interval", "1ms", "--ops", r.Ops()); !errors.Is(err, errInterval) {
		t.Errorf("too often: got %v", err)
	}
}

// The screen says that the gateway is away, above what it said last.
func TestTopAway(t *testing.T) {
	away := func(context.Context) (*top.View, error) { return nil, errors.New("connection refused") }
	lines := looked(t.Context(), away, []string{"readback v1", "bank"})
	lines = looked(t.Context(), away, lines)
	if got := strings.Join(lines, "|"); got != "no answer: connection refused|readback v1|bank" {
		t.Errorf("got %q", got)
	}
	back := func(context.Context) (*top.View, error) {
		return &top.View{Status: operator.Status{Version: "v1", Parts: []operator.Part{{Name: "relay", Reason: "it \x1b[31mstarts"}}}}, nil
	}
	if lines = looked(t.Context(), back, lines); !strings.HasPrefix(lines[0], "readback v1,") || !strings.Contains(lines[0], `relay not ready: it \x1b[31mstarts`) {
		t.Errorf("got %q", lines)
	}
}

func TestDrawn(t *testing.T) {
	const end = "\x1b[K\x1b[J"
	lines := []string{"one", "twö three", "four"}
	for _, tt := range []struct {
		width, height int
		want          string
	}{
		{80, 24, "\x1b[Hone\x1b[K\r\ntwö three\x1b[K\r\nfour" + end},
		{3, 3, "\x1b[Hone\x1b[K\r\ntwö\x1b[K\r\nfou" + end},
		{80, 2, "\x1b[Hone\x1b[K\r\nand 2 more" + end},
	} {
		if got := drawn(lines, tt.width, tt.height); got != tt.want {
			t.Errorf("%d × %d: got %q, want %q", tt.width, tt.height, got, tt.want)
		}
	}
}

func TestEndAtKey(t *testing.T) {
	for _, typed := range []string{"q", "xQ", "\x03", "x"} { // the last one ends with the input
		ended := false
		if endAtKey(strings.NewReader(typed), func() { ended = true }); !ended {
			t.Errorf("%q does not end it", typed)
		}
	}
}
