package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"readback/internal/setting"
)

// TestSecretsHide prints a configuration in every way that a program would.
func TestSecretsHide(t *testing.T) {
	cfg, err := Load(filepath.Join(files, "good_full.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	account := cfg.Account("Bank.One")
	secrets := []string{string(cfg.SMSC.Password), string(account.PasswordHash)}
	if secrets[0] != "secret08" || !strings.HasPrefix(secrets[1], "$2y$10$") {
		t.Fatalf("secrets: got %q", secrets)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(h).Info("loaded", "account", account, "smsc", cfg.SMSC, "password", cfg.SMSC.Password)
	}
	marshalled, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for way, text := range map[string]string{
		"%v": fmt.Sprintf("%v", cfg), "%+v": fmt.Sprintf("%+v", cfg), "%#v": fmt.Sprintf("%#v", cfg),
		"%s": fmt.Sprintf("is %s", cfg.SMSC.Password), "%q": fmt.Sprintf("%q", cfg.SMSC.Password),
		"JSON": string(marshalled), "log": log.String(),
	} {
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s: the secret is in %s", way, text)
			}
		}
		if !strings.Contains(text, setting.Hidden) {
			t.Errorf("%s: no %s in %s", way, setting.Hidden, text)
		}
	}
	if got := Secret("").String(); got != "" {
		t.Errorf("no secret: got %q, want nothing", got)
	}
}

func TestHashPassword(t *testing.T) {
	hash, err := HashPassword([]byte("secret08"))
	if _, p := byKey(accountFields)["password_hash"].Parse(hash, true); err != nil || p != nil {
		t.Fatalf("got %q, %v", hash, err)
	}
	if err := bcrypt.CompareHashAndPassword([]byte(hash), []byte("secret08")); err != nil {
		t.Errorf("the password itself: %v", err)
	}
	if err := bcrypt.CompareHashAndPassword([]byte(hash), []byte("secret09")); err == nil {
		t.Error("another password is right too")
	}
	if again, _ := HashPassword([]byte("secret08")); again == hash {
		t.Error("no salt: twice the same hash")
	}
	for _, bad := range []string{"", "a\x00b", strings.Repeat("x", 73)} {
		if hash, err := HashPassword([]byte(bad)); err == nil {
			t.Errorf("%q: got %q, want an error", bad, hash)
		}
	}
}

func TestReadSecret(t *testing.T) {
	tests := []struct {
		name, content string
		want          Secret
		problem       string
	}{
		{"no end", "secret08", "secret08", ""},
		{"line", "secret08\n", "secret08", ""},
		{"line of DOS", "secret08\r\n", "secret08", ""},
		{"spaces count", " secret08 \n", " secret08 ", ""},
		{"empty", "", "", "the file is empty"},
		{"only a line end", "\n", "", "the file is empty"},
		{"two lines", "secret08\nsecret09\n", "", "the file has more than one line, or control characters"},
		{"long", strings.Repeat("x", maxSecretFile+1), "", "the file is too long for a secret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "password")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, p := readSecret(path)
			what := ""
			if p != nil {
				what = p.What
			}
			if got != tt.want || what != tt.problem {
				t.Errorf("got %q, %q; want %q, %q", string(got), what, string(tt.want), tt.problem)
			}
		})
	}
	if _, p := readSecret(t.TempDir()); p == nil || p.What != "not a file" {
		t.Errorf("directory: got %v", p)
	}
}
