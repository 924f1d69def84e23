package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"readback/internal/numbering"
	"readback/internal/setting"
)

func TestLaterSourceWins(t *testing.T) {
	const file = "track: {carriage: text}\nlog: {level: error}"
	tests := []struct {
		name     string
		env      string
		args     []string
		carriage numbering.Carriage
		level    string
	}{
		{"file", "", nil, numbering.ByMarker, "error"},
		{"environment over file", "auto", nil, numbering.Auto, "error"},
		{"flag over environment", "auto", []string{"--set", "track.carriage=udh"}, numbering.ByElement, "error"},
		{"last flag", "", []string{"--set=track.carriage=udh", "--set=track.carriage=auto"}, numbering.Auto, "error"},
		{"log level", "", []string{"--log-level", "debug"}, numbering.ByMarker, "debug"},
		{"one key over its flag", "", []string{"--log-level=debug", "--set=log.level=warn"}, numbering.ByMarker, "warn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.env != "" {
				t.Setenv("READBACK_TRACK_CARRIAGE", tt.env)
			}
			cfg, err := load(t, file, tt.args...)
			if cfg.Track.Carriage != tt.carriage || cfg.Log.Level != tt.level || err != nil {
				t.Errorf("got %v, %s, %v; want %v, %s", cfg.Track.Carriage, cfg.Log.Level, err, tt.carriage, tt.level)
			}
		})
	}
}

// TestEveryKeyEverywhere gives each key its default by variable and by flag, which
// must change nothing; and then a value that no key takes.
func TestEveryKeyEverywhere(t *testing.T) {
	const wrong = "? ?"
	for _, f := range fields {
		if f.IsTree() {
			continue
		}
		text := strings.Trim(f.Text(Default()), `"`)
		t.Run(f.Key, func(t *testing.T) {
			cfg, err := load(t, "", "--set", f.Key+"="+text)
			checkDefault(t, "flag", cfg, err)
			_, err = load(t, "", "--set", f.Key+"="+wrong)
			checkRefused(t, f, "--set", err)
			t.Setenv(envName(f.Key), text)
			cfg, err = load(t, "")
			checkDefault(t, "variable", cfg, err)
			t.Setenv(envName(f.Key), wrong)
			_, err = load(t, "")
			checkRefused(t, f, envName(f.Key), err)
		})
	}
}

func checkDefault(t *testing.T, source string, got Config, err error) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(bare(got), Default()) {
		t.Errorf("%s: got %+v, %v; want the default", source, got, err)
	}
}

func checkRefused(t *testing.T, f setting.Field, source string, err error) {
	t.Helper()
	want := fmt.Sprintf("%s: %s: ", source, f.Key)
	if !isFreeText(f) && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: got %v, want %q in it", source, err, want)
	}
}

// isFreeText reports whether any text, if it is short, is good for a key.
func isFreeText(f setting.Field) bool {
	free := slices.Contains([]string{"", "path", "template", "system_id", "system_type"}, f.Tag.Get("form"))
	return f.Type.Kind() == reflect.String && f.Tag.Get("oneof") == "" && free
}

func TestVariables(t *testing.T) {
	tests := []struct {
		name, variable, value string
		want                  string // empty: accepted
	}{
		{"empty switches off", "READBACK_OPS_ADDR", "", ""},
		{"list", "READBACK_READS_AUTH", "none", ""},
		{"networks", "READBACK_LISTEN_ALLOW", "10.0.0.0/8, 2001:db8::/32", ""},
		{"unset list", "READBACK_LISTEN_ALLOW", "", "READBACK_LISTEN_ALLOW: listen.allow: no value (hint: a list such as [10.1.0.0/16]; or [] for none)"},
		{"bad network", "READBACK_LISTEN_ALLOW", "10.0.0.0/8,10.1", `READBACK_LISTEN_ALLOW: listen.allow: "10.0.0.0/8,10.1": "10.1": neither an IP address nor a network (hint: 192.0.2.7, 10.1.0.0/16 or 2001:db8::/32)`},
		{"nested section", "READBACK_SMSC_TLS_ENABLE", "true", ""},
		{"hexadecimal", "READBACK_TRACK_IEI", "0x9f", ""},
		{"bad number", "READBACK_TRACK_IEI", "9f", `READBACK_TRACK_IEI: track.iei: "9f": found text (hint: a whole number)`},
		{"beyond int", "READBACK_SMSC_WINDOW", "99999999999999999999", `READBACK_SMSC_WINDOW: smsc.window: "99999999999999999999": found text (hint: a whole number)`},
		{"later, empty", "READBACK_RELAY_TLS_CA", "", ""},
		{"later, false", "READBACK_SMSC_OUTBIND", "false", ""},
		{"later", "READBACK_RELAY_TLS_CA", "x", "READBACK_RELAY_TLS_CA: not supported yet (hint: unset it)"},
		{"account", "READBACK_ACCOUNTS_BANK_TRACK_WHEN", "all", "READBACK_ACCOUNTS_BANK_TRACK_WHEN: cannot be set by a variable (hint: write it in the file)"},
		{"near", "READBACK_TRAK_CARRIAGE", "udh", "READBACK_TRAK_CARRIAGE: unknown variable (hint: did you mean READBACK_TRACK_CARRIAGE?)"},
		{"far", "READBACK_SOMETHING", "1", "READBACK_SOMETHING: unknown variable (hint: READBACK_SECTION_KEY, such as READBACK_TRACK_CARRIAGE)"},
		{"service link", "READBACK_PORT_2775_TCP_ADDR", "192.0.2.1", "READBACK_PORT_2775_TCP_ADDR: unknown variable (hint: if Kubernetes made it for a service: enableServiceLinks: false)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(tt.variable, tt.value)
			_, err := load(t, "")
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestSet(t *testing.T) {
	tests := []struct{ name, pair, want string }{
		{"commas in the value", "relay.nats=nats://192.0.2.1,nats://192.0.2.2", ""},
		{"list in brackets", "reads.auth=[none]", ""},
		{"IPv6 in a list", "listen.allow=[::1,2001:db8::/32]", ""},
		{"empty list", "listen.allow=", "--set: listen.allow: no value (hint: a list such as [10.1.0.0/16]; or [] for none)"},
		{"no list", "listen.allow=[]", ""},
		{"account's own key", "accounts.bank.rate=5", "--set: accounts.bank.rate: cannot be set by a flag (hint: write it in the file)"},
		{"empty value", "ops.addr=", ""},
		{"bad value", "track.when=never", `--set: track.when: "never": unknown value (hint: requested, all or off)`},
		{"bad item", "reads.auth=none,basic", `--set: reads.auth: "none,basic": "basic": unknown value (hint: none, api_key, jwt, mtls or proof)`},
		{"no value", "track.when", "--set: track.when: no value (hint: KEY=VALUE, such as track.carriage=auto)"},
		{"unknown", "track.wen=all", "--set: track.wen: unknown key (hint: did you mean track.when?)"},
		{"unknown, without its section", "addr=x", "--set: addr: unknown key (hint: did you mean listen.addr, ops.addr, reads.addr, smsc.addr, listen.tls.addr or another?)"},
		{"section", "track=all", "--set: track: a section (hint: its keys one by one)"},
		{"later", "smsc.outbind=accept", "--set: smsc.outbind: not supported yet (hint: leave it out)"},
		{"tree", "accounts.bank.track.when=all", "--set: accounts.bank.track.when: cannot be set by a flag (hint: write it in the file)"},
		{"contradiction", "relay.replicas=3", `--set: relay.replicas: "3": the embedded server is one, and keeps one copy (hint: replicas: 1, or nats: nats://host:4222)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, "", "--set", tt.pair)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestConfigVariable(t *testing.T) {
	t.Setenv("READBACK_CONFIG", files+"/bad_list.yaml")
	_, err := Load("", nil)
	if want := wanted(t, files+"/bad_list.yaml", "want")[0]; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
