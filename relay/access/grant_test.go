package access

import (
	"slices"
	"testing"
	"time"
)

// A key or certificate may do what it was given, and everything without.
func TestGrants(t *testing.T) {
	c := NewCallers(Rules{
		Auth: []string{AuthAPIKey, AuthMTLS},
		APIKeys: []APIKey{
			{Name: "all", SHA256: digest("all")},
			{Name: "reporter", SHA256: digest("reporter"), Grant: Grant{Scopes: ScopeReport}},
			{Name: "bank", SHA256: digest("bank"), Grant: Grant{Accounts: []string{"bank", "café"}}},
		},
		Certificates: []Backend{{Name: "crm.example", Grant: Grant{Scopes: ScopeLookup | ScopeErase}}},
	})
	tests := []struct {
		name           string
		cred           Credential
		want           []Scope
		bank, cafe, it bool // may know of the messages of these accounts
	}{
		{"all", Credential{APIKey: "all"}, []Scope{ScopeReport, ScopeLookup, ScopeErase}, true, true, true},
		{"one scope", Credential{APIKey: "reporter"}, []Scope{ScopeReport}, true, true, true},
		{"accounts", Credential{Token: "bank"}, []Scope{ScopeReport, ScopeLookup}, true, true, false},
		{"certificate", Credential{Certificate: certificate("crm.example")}, []Scope{ScopeLookup, ScopeErase}, true, true, true},
		{"subscriber", Credential{Certificate: certificate("", "tel:+447700900123")}, []Scope{ScopeReport, ScopeLookup, ScopeErase}, true, true, true},
	}
	for _, tt := range tests {
		by, err := c.Identify(tt.cred, time.Now())
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		for s := range scopes {
			if got := by.May(s); got != slices.Contains(tt.want, s) {
				t.Errorf("%s, %s: got %v", tt.name, s, got)
			}
		}
		if got := []bool{by.Sees([]byte("bank")), by.Sees([]byte("caf\xe9")), by.Sees([]byte("shop"))}; !slices.Equal(got, []bool{tt.bank, tt.cafe, tt.it}) {
			t.Errorf("%s: sees bank, café, shop: got %v", tt.name, got)
		}
	}
	if _, err := c.Identify(Credential{Certificate: certificate("other.example")}, time.Now()); err == nil {
		t.Error("a certificate that is not listed, beside one that is: let in")
	}
}

// Open connections end when what a credential may do has changed.
func TestGrantsChange(t *testing.T) {
	rules := func(g, b Grant) Rules {
		return Rules{
			Auth: []string{AuthAPIKey, AuthMTLS}, APIKeys: []APIKey{{Name: "app", SHA256: digest("app"), Grant: g}},
			Certificates: []Backend{{Name: "app.example", Grant: b}},
		}
	}
	report, bank := Grant{Scopes: ScopeReport}, Grant{Accounts: []string{"bank"}}
	c := NewCallers(rules(report, report))
	for _, tt := range []struct {
		key, certificate Grant
		changed          bool
	}{{report, report, false}, {bank, report, true}, {bank, bank, true}, {bank, bank, false}} {
		if got := c.Set(rules(tt.key, tt.certificate)); got != tt.changed {
			t.Errorf("%+v: got changed %v, want %v", tt, got, tt.changed)
		}
	}
	wrong := Grant{Scopes: ScopeErase, Accounts: []string{"bank"}}
	r := rules(wrong, report)
	if err := r.Validate(Proofs{}); err == nil {
		t.Error("erase for one account: got no error")
	}
}
