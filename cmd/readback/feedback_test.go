package main

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"readback/config"
	"readback/internal/deliver"
	"readback/relay/feedback"
)

// TestFeedbackSettings follows each setting of feedback to who obeys it.
func TestFeedbackSettings(t *testing.T) {
	tests := []struct {
		form  string
		tells deliver.Form
		want  feedback.AccountSettings
		hook  bool
	}{
		{"sme-ack", deliver.SMEAck, feedback.AccountSettings{AfterReceipt: 5 * time.Second}, false},
		{"receipt", deliver.Receipt, feedback.AccountSettings{AfterReceipt: 5 * time.Second, HoldReceipt: time.Hour}, false},
		{"mo", deliver.MO, feedback.AccountSettings{AfterReceipt: 5 * time.Second}, false},
		{"user-ack", deliver.UserAck, feedback.AccountSettings{AfterReceipt: 5 * time.Second}, false},
		{"webhook", deliver.NoSession, feedback.AccountSettings{Tells: 3}, true},
		{"nats", deliver.NoSession, feedback.AccountSettings{Own: true}, false},
		{"off", deliver.NoSession, feedback.AccountSettings{Quiet: true}, false},
	}
	for _, tt := range tests {
		t.Run(tt.form, func(t *testing.T) {
			cfg := config.Default()
			a := cfg.Account("bank")
			a.Feedback.Form, a.Feedback.Rate, a.Feedback.AfterReceipt = tt.form, 50, 5*time.Second
			a.Feedback.Webhook.URL, a.Feedback.Webhook.Concurrency = "https://app.example/", 3
			a.Feedback.Webhook.Secret, a.Feedback.Webhook.AllowPrivate = "3f1c9a0d5e7b4268", true
			a.Feedback.VendorTLVs, a.Feedback.Template = true, "{{.Number}}"
			if tt.form == "mo" {
				a.Feedback.Session = "any"
			}
			if tt.form == "receipt" {
				a.Feedback.HoldReceipt = time.Hour
			}
			cfg.Accounts = map[string]config.Account{"bank": a}
			l, err := newLive(cfg)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Listed, tt.want.Form, tt.want.Rate = true, tt.form, 50
			if got := l.settings.Account("bank"); got != tt.want {
				t.Errorf("relay: got %+v, want %+v", got, tt.want)
			}
			got := l.policies.Of("bank").Feedback
			if got.Form != tt.tells || !got.VendorTLVs || got.Tags != cfg.Feedback.VendorTags || got.Template == nil ||
				got.HoldReceipt != (tt.form == "receipt") || got.AnySession != (tt.form == "mo") {
				t.Errorf("gateway: got %+v", got)
			}
			hook := l.targets.Accounts["bank"]
			if (hook != nil) != tt.hook || tt.hook && (hook.URL != "https://app.example/" || hook.Secret == nil || !hook.OldSignature ||
				hook.Timeout != 10*time.Second || !hook.AllowPrivate) {
				t.Errorf("webhook: got %+v, want one: %v", hook, tt.hook)
			}
			if other := l.settings.Account("shop"); other.Rate != 0 || other.Listed || l.targets.Default != nil {
				t.Errorf("another account: got %+v", other)
			}
		})
	}
}

// TestWebhookRoots: targets with one file of authorities share it, and so connections.
func TestWebhookRoots(t *testing.T) {
	srv := httptest.NewTLSServer(nil)
	srv.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Feedback.Form, cfg.Feedback.Webhook.URL, cfg.Feedback.Webhook.CA = "webhook", "https://app.example/", file
	cfg.Accounts = map[string]config.Account{"bank": cfg.Account("bank"), "shop": cfg.Account("shop")}
	all, err := webhookTargets(cfg)
	if err != nil {
		t.Fatal(err)
	}
	bank, shop := all.Accounts["bank"], all.Accounts["shop"]
	if bank.Roots == nil || bank.Roots != shop.Roots || bank.Roots != all.Default.Roots {
		t.Errorf("roots: got %p, %p and %p, want the same", bank.Roots, shop.Roots, all.Default.Roots)
	}
}

// Each form of a deliver_sm is a value of feedback.form.
func TestFormsAreSettings(t *testing.T) {
	field, _ := reflect.TypeFor[config.AccountFeedback]().FieldByName("Form")
	words := strings.Split(field.Tag.Get("oneof"), ",")
	for _, name := range deliver.Names() {
		if !slices.Contains(words, name) {
			t.Errorf("form %s is not among %q", name, words)
		}
	}
}
