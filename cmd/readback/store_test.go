package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStoreCommands backs up the store of a running gateway, stops the gateway, restores, checks and repairs
// the store.
func TestStoreCommands(t *testing.T) {
	r := startService(t, nil)
	r.awaitRelay(t.Context())
	store, dir := r.cfg.Relay.Store, filepath.Join(t.TempDir(), "backup")
	file := filepath.Join(t.TempDir(), "readback.yaml")
	text := fmt.Sprintf("smsc: {addr: \"127.0.0.1:1\"}\nrelay: {store: %q}\nops: {addr: %q}\n", store, r.Ops())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name   string
		before func() error
		args   []string
		out    string // part of what is printed
		err    string // part of the error; empty: there is none
	}{
		{"check while it runs", nil, []string{"check"}, "", "stop it first; while it runs"},
		{"restore while it runs", nil, []string{"restore", dir}, "", "no complete backup"},
		{"backup while it runs", nil, []string{"backup", dir}, "is complete: index of epoch 1", ""},
		{"backup again", nil, []string{"backup", dir}, "", "gateway says: directory " + dir + " is not empty"},
		{"restore of a store in use", nil, []string{"restore", dir}, "", "stop it first"},
		{"restore", r.stop, []string{"restore", dir}, "none is skipped", ""},
		{"check", nil, []string{"check"}, "is intact.", ""},
		{"backup of a stopped store", nil, []string{"backup", dir + "2"}, "is complete: index of epoch 2", ""},
		{"check of a damaged store", func() error { return os.RemoveAll(filepath.Join(store, "nats")) }, []string{"check"}, "damaged: log was removed", errReported.Error()},
		{"repair", nil, []string{"repair"}, "is repaired as far as it can be", errReported.Error()},
		{"check of the repaired store", nil, []string{"check"}, "is intact.", ""},
		{"restore without a store", func() error { return os.RemoveAll(store) }, []string{"restore", dir + "2"}, "numbers are skipped in each conversation", ""},
	} {
		if step.before != nil {
			if err := step.before(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		out, err := execute(t, append([]string{"store", step.args[0], "--config", file}, step.args[1:]...)...)
		if !strings.Contains(out, step.out) || (err == nil) != (step.err == "") || err != nil && !strings.Contains(err.Error(), step.err) {
			t.Errorf("%s: got %q, %v, want %q, %q", step.name, out, err, step.out, step.err)
		}
		if step.err == errReported.Error() && !errors.Is(err, errReported) {
			t.Errorf("%s: got %v, want what is reported already", step.name, err)
		}
	}
}

// TestStoreInUse: the error of a second gateway on a store names the setting, and not what the system says of locks.
func TestStoreInUse(t *testing.T) {
	r := startService(t, nil)
	_, err := open(r.cfg, r.log)
	if err == nil {
		t.Fatal("two gateways have one store")
	}
	got := r.cfg.Locate(err).Error()
	if !strings.HasPrefix(got, "relay.store: ") || !strings.Contains(got, ": in use by another readback (hint: ") {
		t.Errorf("got %s", got)
	}
}
