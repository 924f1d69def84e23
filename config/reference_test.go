package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestReference(t *testing.T) {
	got := Reference()
	for _, row := range []string{
		"| `listen.addr` | `\":2775\"` | address that ESMEs bind to, host:port; empty is TLS only |",
		"| `listen.allow` | `[]` |",
		"| `smsc.tls.enable` | `false` |",
		"| `smsc.message_id.receipt` | `as_is` | message_id in receipts; `as_is`, `hex` or `dec` |",
		"| `accounts.SYSTEM_ID.password_hash` | `\"\"` | bcrypt hash",
		"| `accounts.SYSTEM_ID.rate` | `0` | messages a second that the account may send, parts counted; 0 is no limit; 0 to 100000 |",
		"| `accounts.SYSTEM_ID.over_rate` | `pace` |",
		"| `accounts.SYSTEM_ID.addresses` | `[]` |",
		"| `accounts.SYSTEM_ID.track.multi` | as `track.multi` |",
		"| `listen.inactivity` | `0s` | time without any message after which the session is ended; 0 is never; 0s to 24h |",
		"| `track.iei` | `0x80` | identifier of the element; A0–BF and E0–FF are taken with a warning, C0–DF not; 0x80 to 0xFF |",
		"| `track.marker.gsm7` | `\"§\"` |",
		"| `feedback.keep` | `72h` |",
		"| `feedback.vendor_tag_read` | `0x1521` |",
		"| `reads.auth` | `[none]` |",
		"| `reads.api_keys` | `[]` |",
		"| `relay.sync` | `250ms` |",
		"; `1`, `3` or `5` |",
		"| `accounts.SYSTEM_ID.track.when` | as `track.when` |",
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
		if other, taken := variables[envName(f.key)]; taken {
			t.Errorf("%s: its variable is that of %s", f.key, other)
		}
		variables[envName(f.key)] = f.key
		if isLater(laterKeys, f.key) {
			t.Errorf("%s: both known and of a later release", f.key)
		}
	}
	for _, f := range accountFields {
		checkTags(t, f.described())
		if f.described().typ != f.typ {
			t.Errorf("%s: type %v in an account, %v elsewhere", f.key, f.typ, f.described().typ)
		}
		if isLater(laterAccountKeys, f.key) {
			t.Errorf("accounts: %s: both known and of a later release", f.key)
		}
	}
}

func checkTags(t *testing.T, f field) {
	t.Helper()
	if f.tag.Get("doc") == "" {
		t.Errorf("%s: no meaning", f.key)
	}
	number := f.isDuration() || f.typ.Kind() == reflect.Int || f.typ.Kind() == reflect.Uint8 || f.typ.Kind() == reflect.Uint16
	if number && f.tag.Get("range") == "" && f.tag.Get("among") == "" {
		t.Errorf("%s: no range", f.key)
	}
	list := f.typ.Kind() == reflect.Slice && !f.isTree()
	if list && f.tag.Get("oneof") == "" && f.tag.Get("example") == "" {
		t.Errorf("%s: no example of the list", f.key)
	}
}

func TestSampleChangesNothing(t *testing.T) {
	cfg, err := load(t, Sample())
	want := Default()
	want.Accounts = map[string]Account{}
	if err != nil || !reflect.DeepEqual(cfg, want) {
		t.Errorf("got %+v, %v\nwant %+v\nfrom\n%s", cfg, err, want, Sample())
	}
	cfg, err = load(t, Sample(), "--set", "track.carriage=text")
	if got, want := cfg.Track.Numbers, (Numbers{0, 255}); err != nil || got != want {
		t.Errorf("with the marker: got %v, %v; want %v", got, err, want)
	}
	text, _ := strings.CutPrefix(sampleAccounts, "\n# what differs")
	text = strings.ReplaceAll(text[strings.Index(text, "\n"):], "accounts: {}", "accounts:")
	cfg, err = load(t, strings.ReplaceAll(text, "\n#", "\n"))
	if got := cfg.Account("bank"); err != nil || !got.Listed || got.Rate != 500 || len(got.Addresses) != 4 {
		t.Errorf("the account of the sample: got %+v, %v", got, err)
	}
	for _, f := range fields {
		if line := fmt.Sprintf("%s: %s\n", last(f.key), f.defaultText()); !f.isMap() && !strings.Contains(Sample(), line) {
			t.Errorf("no %q in the sample", line)
		}
	}
}
