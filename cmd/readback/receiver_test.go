package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"readback/internal/ops"
)

// The hash of a receiver is the same without a gateway and from one.
func TestReceiverHash(t *testing.T) {
	r := startService(t, nil)
	fromGateway, err := execute(t, "receiver", "+44 7700 900101", "--hash", "--ops", r.Ops())
	if len(fromGateway) != len("7f3a7f3a7f3a7f3a\n") || err != nil {
		t.Fatalf("got %q, %v; want 16 hexadecimal digits", fromGateway, err)
	}
	file := filepath.Join(t.TempDir(), "readback.yaml")
	write := func(yaml string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("ops: {addr: \"\"}\n"+yaml), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := filepath.Join(r.cfg.Relay.Store, ops.SubscriberKeyFile)
	for _, yaml := range []string{"relay: {store: " + r.cfg.Relay.Store + "}\n", "log: {subscriber_key_file: " + key + "}\n"} {
		write(yaml)
		if got, err := execute(t, "receiver", "447700900101", "--hash", "--config", file); err != nil || got != fromGateway {
			t.Errorf("%s: got %q, %v; want %q", yaml, got, err, fromGateway)
		}
	}
	want := `{"receiver":"447700900101","subscriber":"` + strings.TrimSpace(fromGateway) + "\"}\n"
	if got, err := execute(t, "receiver", "447700900101", "--hash", "--json", "--config", file); err != nil || got != want {
		t.Errorf("in JSON: got %q, %v; want %q", got, err, want)
	}
	write("relay: {store: " + t.TempDir() + "}\n")
	if got, err := execute(t, "receiver", "447700900101", "--hash", "--config", file); err == nil || got != "" {
		t.Errorf("without a key or a gateway: got %q, %v", got, err)
	}
	if _, err := execute(t, "receiver", "shop", "--hash", "--config", file); err == nil || !strings.Contains(err.Error(), "shop is not a phone number") {
		t.Errorf("not a number: got %v", err)
	}
}
