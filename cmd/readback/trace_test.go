package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/trace"
	"readback/smpp"
)

// traceWhile runs readback trace while an ESME sends messages, which it does until the command has seen enough.
func traceWhile(t *testing.T, send func(), args ...string) (string, error) {
	t.Helper()
	type result struct {
		out string
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := execute(t, append([]string{"trace"}, args...)...)
		done <- result{out, err}
	}()
	for {
		select {
		case r := <-done:
			return r.out, r.err
		default:
			send()
		}
	}
}

// TestTraceCommand looks at the PDUs of a receiver: masked, whole, and as a file for Wireshark.
func TestTraceCommand(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	esme, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	send := func() {
		for _, to := range []string{"447700900101", "447700900102"} {
			m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(to), UserData: []byte("Hello"), RegisteredDelivery: smpp.RegisteredReadAck}
			if _, err := esme.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil {
				t.Error(err)
				cancel()
			}
		}
	}
	out, err := traceWhile(t, send, "--receiver", "+447700900101", "--count", "8", "--ops", r.Ops())
	if err != nil || strings.Count(out, "\n") != 16 {
		t.Fatalf("got %q, %v", out, err)
	}
	for _, want := range []string{" -> readback  submit_sm ", "SMSC ", " <- readback  submit_sm_resp ", " destination_addr=447********1 ", "source_addr=10690001 ", "account=bank"} {
		if !strings.Contains(out, want) {
			t.Errorf("got %s, want %q", out, want)
		}
	}
	if strings.Contains(out, "Hello") || strings.Contains(out, "447700900102") {
		t.Errorf("masked: got %s", out)
	}
	file := filepath.Join(t.TempDir(), "bank.pcap")
	out, err = traceWhile(t, send, "--account", "bank", "--show", "--json", "--pcap", file, "--count", "8", "--ops", r.Ops())
	if err != nil {
		t.Fatal(err)
	}
	capture, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		var p trace.PDU
		if err := json.Unmarshal([]byte(line), &p); err != nil || !bytes.Contains(capture, p.Octets) {
			t.Errorf("%s: %v; or it is not in the file", line, err)
		}
	}
	for _, want := range []string{`"value":"447700900102"`, `{"name":"short_message","value":"Hello"}`} {
		if !strings.Contains(out, want) {
			t.Errorf("whole: got %s, want %s", out, want)
		}
	}
	if _, err := execute(t, "trace", "--receiver", strings.Repeat("1", 30), "--ops", r.Ops()); err == nil || !strings.Contains(err.Error(), "over 20 octets") {
		t.Errorf("a wrong receiver: got %v", err)
	}
}
