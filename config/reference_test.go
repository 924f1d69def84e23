package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"readback/internal/setting"
	"readback/relay"
)

func TestReference(t *testing.T) {
	got := Reference()
	for _, row := range []string{
		"| `listen.addr` | `\":2775\"` | restart | address that ESMEs bind to, host:port; empty: TLS only |",
		"| `listen.allow` | `[]` | restart |",
		"| `smsc.tls.enable` | `false` | restart |",
		"| `smsc.message_id.receipt` | `as_is` | restart | message_id in receipts; `as_is`, `hex` or `dec` |",
		"| `accounts.SYSTEM_ID.password_hash` | `\"\"` | reload | bcrypt hash",
		"| `accounts.SYSTEM_ID.rate` | `0` | reload | messages a second that the account may send, parts counted; 0 is no limit; 0 to 100000 |",
		"| `accounts.SYSTEM_ID.over_rate` | `pace` | reload |",
		"| `accounts.SYSTEM_ID.addresses` | `[]` | reload |",
		"| `accounts.SYSTEM_ID.track.multi` | as `track.multi` | reload |",
		"| `listen.inactivity` | `0s` | restart | time without any message after which the session is ended; 0 is never; 0s to 24h |",
		"| `track.iei` | `0x80` | restart | identifier of the element; A0–BF and E0–FF are taken with a warning, C0–DF not; 0x80 to 0xFF |",
		"| `track.marker.gsm7` | `\"§\"` | restart |",
		"| `feedback.keep` | `72h` | reload |",
		"| `feedback.vendor_tag_read` | `0x1521` | reload |",
		"| `reads.auth` | `[none]` | reload |",
		"| `reads.api_keys` | `[]` | reload |",
		"| `relay.sync` | `250ms` | restart |",
		"; `1`, `3` or `5` |",
		"| `accounts.SYSTEM_ID.track.when` | as `track.when` | reload |",
	} {
		if !strings.Contains(got, row) {
			t.Errorf("no %s in\n%s", row, got)
		}
	}
	if rows, want := strings.Count(got, "\n"), 2+len(fields)-1+len(accountFields); rows != want {
		t.Errorf("lines: got %d, want %d", rows, want)
	}
}

// TestFields holds the tags to their form: a meaning for each key, a variable of
// its own, a range for each number.
func TestFields(t *testing.T) {
	variables := map[string]string{envFile: "--config"}
	for _, f := range fields {
		checkTags(t, f)
		if other, taken := variables[envName(f.Key)]; taken {
			t.Errorf("%s: its variable is that of %s", f.Key, other)
		}
		variables[envName(f.Key)] = f.Key
		if isLater(laterKeys, f.Key) {
			t.Errorf("%s: both known and of a later release", f.Key)
		}
	}
	for key, doc := range sections {
		if doc == "" {
			t.Errorf("%s: no meaning of the section", key)
		}
	}
	for _, f := range accountFields {
		checkTags(t, f)
		if general, ok := fieldsByKey[f.Key]; ok && (general.Tag != f.Tag || general.Type != f.Type) {
			t.Errorf("%s: one thing in an account, another elsewhere", f.Key)
		}
		if isLater(laterAccountKeys, f.Key) {
			t.Errorf("accounts: %s: both known and of a later release", f.Key)
		}
	}
}

func checkTags(t *testing.T, f setting.Field) {
	t.Helper()
	if section := setting.Parent(f.Key); section != "" && !global.isSection(section) {
		t.Errorf("%s: no section", f.Key)
	}
	if f.Tag.Get("doc") == "" {
		t.Errorf("%s: no meaning", f.Key)
	}
	number := f.Type == reflect.TypeFor[time.Duration]() || f.Type.Kind() == reflect.Int || f.Type.Kind() == reflect.Uint8 || f.Type.Kind() == reflect.Uint16
	if number && f.Tag.Get("range") == "" && f.Tag.Get("among") == "" && f.Tag.Get("oneof") == "" {
		t.Errorf("%s: no range", f.Key)
	}
	list := f.Type.Kind() == reflect.Slice && !f.IsTree()
	if list && f.Tag.Get("oneof") == "" && f.Tag.Get("example") == "" {
		t.Errorf("%s: no example of the list", f.Key)
	}
}

func TestSampleChangesNothing(t *testing.T) {
	cfg, err := load(t, Sample())
	want := Default()
	want.Accounts = map[string]Account{}
	if err != nil || !reflect.DeepEqual(bare(cfg), want) {
		t.Errorf("got %+v, %v\nwant %+v\nfrom\n%s", cfg, err, want, Sample())
	}
	cfg, err = load(t, Sample(), "--set", "track.carriage=text")
	if got, want := cfg.Relay.Numbers, (relay.Numbers{Last: 255}); err != nil || got != want {
		t.Errorf("with the marker: got %v, %v; want %v", got, err, want)
	}
	text, _ := strings.CutPrefix(sampleAccounts, "\n# what differs")
	text = strings.ReplaceAll(text[strings.Index(text, "\n"):], "accounts: {}", "accounts:")
	cfg, err = load(t, strings.ReplaceAll(text, "\n#", "\n"))
	if got := cfg.Account("bank"); err != nil || !got.Listed || got.Rate != 500 || len(got.Addresses) != 4 {
		t.Errorf("the account of the sample: got %+v, %v", got, err)
	}
	for _, f := range fields {
		if line := fmt.Sprintf("%s: %s\n", setting.Last(f.Key), f.Text(Default())); !isMap(f) && !strings.Contains(Sample(), line) {
			t.Errorf("no %q in the sample", line)
		}
	}
}
