package main

import (
	"reflect"
	"testing"

	"readback/config"
	"readback/internal/account"
	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/relay"
)

// TestDefaultsAgree: an operator who decides nothing has what the packages have by
// themselves.
func TestDefaultsAgree(t *testing.T) {
	cfg, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := gatewayOptions(cfg)
	if err != nil {
		t.Fatal(err)
	}
	theirs := gateway.DefaultOptions()
	same(t, "gateway.Config", ours.Config, theirs.Config)
	same(t, "gateway.Form", ours.Form, theirs.Form)
	same(t, "gateway.MessageIDs", ours.IDs, theirs.IDs)
	live, err := newLive(cfg)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "account.Limits", live.policies.Default.Limits, account.Limits{})
	same(t, "gateway.Policy", live.policies.Default.Policy, numbering.Policy{})

	store, err := relayOptions(cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := relay.DefaultOptions()
	same(t, "relay.Config", store.Config, want.Config)
	same(t, "relay.ReadWait", store.ReadWait, want.ReadWait)
	settings := live.settings
	settings.Account = nil
	same(t, "relay.Settings", settings, want.Settings)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}
