package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"readback/internal/account"
	"readback/internal/deliver"
	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/internal/permit"
	"readback/internal/setting"
	"readback/internal/token"
	"readback/relay"
	"readback/relay/access"
	"readback/relay/feedback"
	"readback/relay/reads"
)

// load reads a file of that content and a command line.
func load(t *testing.T, content string, args ...string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	RegisterFlags(flags)
	if err := flags.Parse(append([]string{"--config", path}, args...)); err != nil {
		t.Fatal(err)
	}
	return Load("", flags)
}

func TestLoadNothing(t *testing.T) {
	got, err := Load("", nil)
	if want := Default(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestLoadFull(t *testing.T) {
	path := filepath.Join(files, "good_full.yaml")
	got, err := Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got = bare(got)
	got.Exposed = nil // depends on how the files were written
	l := newLoader(path)
	l.read()
	readAccounts(l)
	want, own := fullConfig(), fullAccount()
	leave(&want, Default(), fields, "", l.doc.given)
	general := want.general()
	leave(&own, general, accountFields, accountKey("Bank.One")+".", l.doc.given)
	listed := func(sender string) Account {
		a := general
		a.Listed, a.PasswordHash = true, "$2a$04$V9IzLpGd/T7Sg/wIuWtYnOj0.CqCjvV4JDPfMrqVf0kzlzUS1LT0u"
		a.Senders = []account.AddressRange{{Low: sender, High: sender}}
		return a
	}
	want.Accounts = map[string]Account{"Bank.One": own, "bank.one": listed("10690001"), "12345": listed("12345")}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for id, want := range map[string]Account{"Bank.One": own, "bank.one": listed("10690001"), "BANK.ONE": general, "": general} {
		if a := got.Account(id); !reflect.DeepEqual(a, want) {
			t.Errorf("Account(%q): got %+v, want %+v", id, a, want)
		}
	}
}

// bare returns a configuration without what is known of its sources.
func bare(c Config) Config {
	if c.empty != "" {
		c.Warnings = c.Warnings[1:] // that it is empty
	}
	c.sources, c.files, c.empty = nil, nil, ""
	if len(c.Warnings) == 0 {
		c.Warnings = nil
	}
	return c
}

// leave sets the settings in the struct that to points to, and that the file leaves out, as
// they are in from.
func leave(to, from any, fs []setting.Field, prefix string, given map[string]given) {
	for _, f := range fs {
		if _, ok := given[prefix+f.Key]; !ok {
			f.Set(reflect.ValueOf(to).Elem(), reflect.ValueOf(from).FieldByIndex(f.Index).Interface())
		}
	}
}

// fullAccount is Bank.One in good_full.yaml.
func fullAccount() Account {
	return Account{
		PasswordHash: "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi",
		Limits:       account.Limits{Rate: 500, Burst: 1000, Reject: true, Window: 50, MaxSessions: 4},
		Allow:        []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.0.2.7/32")},
		Addresses: []account.AddressRange{
			{Low: "447700900", High: "447700900", Prefix: true},
			{Low: "1069000", High: "1069099"},
			{Low: "0123", High: "0123"},
			{Low: "447700900100", High: "447700900100"},
			{Low: "15550100", High: "15550199"},
			{Low: "my-bank 1", High: "my-bank 1"},
		},
		Senders: []account.AddressRange{
			{Low: "1069200", High: "1069299"},
			{Low: "447700900", High: "447700900", Prefix: true},
			{Low: "bank", High: "bank"},
		},
		MayRead: []account.AddressRange{{Low: "447700901", High: "447700901", Prefix: true}},
		Listed:  true,
		Track:   numbering.Policy{Carriage: numbering.ByMarker, ForwardAckBits: true},
		Feedback: AccountFeedback{
			Form: "mo", Rate: 5, Template: "{{.Number}}",
			Webhook: Webhook{URL: "http://127.0.0.1/", OldSignature: true, Timeout: time.Second, Concurrency: 1},
		},
	}
}

func fullTrack() Track {
	return Track{
		Policy: numbering.Policy{When: numbering.Off, Carriage: numbering.Auto, Overflow: numbering.RejectNoRoom, RejectOnFailure: true, SplitMulti: true, ForwardAckBits: true},
		IEI:    0x9F, Reference: 16,
		Proof: true, ProofKeys: []string{files + "/proof.key", files + "/proof_old.key"},
		ProofSecrets: []Secret{"an example key, of 16 octets at least", "the example key before that one"},
		Marker:       Marker{UCS2: '✓', GSM7: '*', Latin1: '¶', ASCII: '*'},
	}
}

// fullConfig is good_full.yaml without its accounts.
func fullConfig() Config {
	return Config{
		Listen: Listen{
			TLS: ListenTLS{
				Addr: "127.0.0.1:2785", Cert: files + "/cert.pem", Key: files + "/key.pem", ClientCA: files + "/cert.pem",
			},
			Allow: []netip.Prefix{
				netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/32"),
				netip.MustParsePrefix("192.0.2.2/32"), netip.MustParsePrefix("2001:db8:1::1/128"),
			},
			ProxyProtocol: true, ProxyFrom: []netip.Prefix{netip.MustParsePrefix("10.0.0.5/32")},
			MaxPerAddress: 8, KeepAlive: time.Minute,
			MaxSessions: 50, MaxUnbound: 20, MaxUnboundPerAddress: 5, FailureRate: 2, FailureBurst: 10,
		},
		Gateway: gateway.Config{
			SessionInit: 5 * time.Second, ESMEEnquireLink: time.Minute,
			WriteTimeout: 10 * time.Second, DrainTimeout: 20 * time.Second,
			Window: 10000, ResponseTimeout: 30 * time.Second, SMSCEnquireLink: 15 * time.Second, ReadIEI: 0x82,
			Pass: []permit.Command{0x113, 0x00010200, 0x22},
		},
		SMSC: SMSC{
			Mode: "shared", SystemIDCase: "exact", Addr: "127.0.0.1:2776", Addrs: []string{"[::1]:2776", "smsc.example:2776"},
			SystemID: "readback", PasswordFile: files + "/password.txt", SystemType: "gw", Binds: 4, Password: "secret08",
			TLS: SMSCTLS{
				Enable: true, CA: files + "/cert.pem", Cert: files + "/cert.pem", Key: files + "/key.pem", ServerName: "smsc.example",
			},
			MessageID:      MessageID{Response: "hex", Receipt: "dec"},
			ConnectTimeout: 3 * time.Second, DefaultAlphabet: "latin1",
		},
		Track: fullTrack(),
		Feedback: Feedback{
			AccountFeedback: AccountFeedback{
				Form: "webhook", Events: true, Rate: 50, AfterReceipt: 5 * time.Second, Template: "{{.Number}} {{.State}}",
				VendorTLVs: true, Webhook: fullWebhook(),
			},
			VendorTags: deliver.VendorTags{Number: 0x1600, Read: 0x1601},
		},
		Reads: Reads{
			Addr:           ":8081",
			SMS:            SMSOff,
			JWT:            token.Options{Keys: files + "/cert.pem", Leeway: 5 * time.Second, Issuer: "https://id.example", Audience: "readback"},
			TLS:            ReadsTLS{Cert: files + "/cert.pem", Key: files + "/key.pem", ClientCA: files + "/cert.pem"},
			MaxConnections: 50, MaxUnknown: 40, FailureRate: 3, FailureBurst: 30,
		},
		Relay: relay.Config{
			Numbers: relay.Numbers{First: 0, Last: 999},
			Rules: access.Rules{
				Auth: []string{"api_key", "jwt", "mtls", "proof"},
				APIKeys: []access.APIKey{{
					Name: "app", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Rate: 60000,
					Grant: access.Grant{Scopes: access.ScopeReport | access.ScopeLookup, Accounts: []string{"bank.one", "12345"}},
				}},
				Certificates: []access.Backend{{Name: "app.example", Grant: access.Grant{Scopes: access.ScopeErase}}},
			},
			Limits: reads.Limits{ReadRate: 60, ReadBurst: 100, GuessRate: 60, ReplayWindow: time.Hour}, MaxClients: 10000,
			Origins: []string{"https://app.example", "http://localhost:3000"}, Hosts: []string{"api.example"},

			NATS: "nats://user:secret@192.0.2.1:4222, tls://192.0.2.2:4222", Store: "/srv/readback",
			Replicas: 3, Sync: 0, Keep: 48 * time.Hour, Creds: "/etc/readback/nats.creds",
		},
		Settings: relay.Settings{Settings: feedback.Settings{FeedbackKeep: 24 * time.Hour}},
		Log:      Log{Level: "debug", Format: "text"},
	}
}

func fullWebhook() Webhook {
	return Webhook{
		URL: "https://app.example/readback", SecretFile: files + "/webhook.txt", Timeout: 5 * time.Second,
		CA: files + "/cert.pem", AllowPrivate: true, Concurrency: 8, Secret: "3f1c9a0d5e7b42688d1f0a6c4b9e7d21",
	}
}

func TestNumbersFollowCarriage(t *testing.T) {
	tests := []struct {
		name, content string
		want          relay.Numbers
	}{
		{"element", "track: {carriage: udh}", relay.Numbers{First: 1, Last: 257}},
		{"auto", "track: {carriage: auto}", relay.Numbers{First: 1, Last: 257}},
		{"marker", "track: {carriage: text}", relay.Numbers{First: 0, Last: 255}},
		{"marker, first given", "track: {carriage: text, numbers: {first: 10}}", relay.Numbers{First: 10, Last: 255}},
		{"marker, last given", "track: {carriage: text, numbers: {last: 999}}", relay.Numbers{First: 0, Last: 999}},
		{"marker for one account", "accounts: {bank: {track: {carriage: text}}}", relay.Numbers{First: 1, Last: 257}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := load(t, tt.content)
			if got := cfg.Relay.Numbers; err != nil || got != tt.want {
				t.Errorf("got %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestFileMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	t.Setenv("READBACK_TRAK", "")
	_, err := Load(path, nil)
	list, ok := errors.AsType[Errors](err)
	if !ok || len(list) != 2 {
		t.Fatalf("got %v, want two errors", err)
	}
	if got, want := err.Error(), path+": cannot be read: no such file or directory"; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s in it", got, want)
	}
	if one, ok := errors.AsType[*Error](err); !ok || one.File == "" {
		t.Errorf("got %v, want an *Error inside", one)
	}
}

// TestSecrets puts one word where secrets may stand, and looks for it in all that
// is printed.
func TestSecrets(t *testing.T) {
	const secret = "hunter2"
	t.Setenv("READBACK_SMSC_PASSWORD", secret)
	t.Setenv("READBACK_PASSWORD", secret)
	_, err := load(t, `
password: hunter2
smsc: {password: hunter2, pasword: hunter2}
relay: {nats: "http://user:hunter2@192.0.2.1", listen: "127.0.0.1:4222"}
reads: {auth: [api_key], api_keys: [{name: app, sha256: hunter2, key: hunter2}, hunter2]}
accounts:
  bank: {password: hunter2, secret: hunter2, password_hash: hunter2}
  shop: hunter2
  mall: {password_hash: [hunter2]}
`, "--set", "smsc.password=hunter2", "--set", "pass=hunter2")
	if list, ok := errors.AsType[Errors](err); !ok || len(list) < 12 {
		t.Fatalf("got %v, want a dozen errors", err)
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the secret is in\n%v", err)
	}
	if !strings.Contains(err.Error(), `"[hidden]@192.0.2.1"`) {
		t.Errorf("no [hidden] in\n%v", err)
	}
}

// TestGeneralForAll: no account may have a general setting for itself, and each has its value.
func TestGeneralForAll(t *testing.T) {
	cfg, err := load(t, "track: {forward_ack_bits: true}\naccounts: {bank: {}}")
	if err != nil || !cfg.Account("bank").Track.ForwardAckBits {
		t.Errorf("got %v, %v, want true", cfg.Account("bank").Track.ForwardAckBits, err)
	}
	_, err = load(t, "accounts: {bank: {track: {forward_ack_bits: true}}}")
	if err == nil || !strings.Contains(err.Error(), "accounts.bank.track.forward_ack_bits: unknown key") {
		t.Errorf("for an account: got %v, want an unknown key", err)
	}
}
