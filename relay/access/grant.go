package access

import (
	"errors"
	"fmt"
	"slices"

	"readback/relay/message"
)

// Scope is a set of what a backend may ask for.
type Scope uint8

const (
	ScopeReport Scope = 1 << iota // report reads
	ScopeLookup                   // look up conversations
	ScopeErase                    // opt receivers out and in, and erase them

	scopesOfAccounts = ScopeReport | ScopeLookup
)

// scopes are the words of the scopes.
var scopes = map[Scope]string{ScopeReport: "report", ScopeLookup: "lookup", ScopeErase: "erase"}

// ParseScope returns the scope of a word.
func ParseScope(word string) (Scope, error) {
	for s, w := range scopes {
		if w == word {
			return s, nil
		}
	}
	return 0, fmt.Errorf("scope %q: want report, lookup or erase", word)
}

// String returns the word of a single scope.
func (s Scope) String() string { return scopes[s] }

var errEraseAccounts = errors.New("scope erase with accounts: an opt-out or an erasure holds for all accounts")

// Grant is what a backend may do with its key or certificate. The zero value is everything.
type Grant struct {
	Scopes   Scope    // none: all, or those that can be for some accounts where there are Accounts
	Accounts []string // whose messages it may report and look up; empty: those of all
}

// IsAll reports whether g allows everything.
func (g *Grant) IsAll() bool { return g.Scopes == 0 && len(g.Accounts) == 0 }

// Validate returns what is wrong with the grant.
func (g *Grant) Validate() error {
	if len(g.Accounts) > 0 && g.Scopes&ScopeErase != 0 {
		return errEraseAccounts
	}
	return nil
}

func (g Grant) equal(o Grant) bool {
	return g.Scopes == o.Scopes && slices.Equal(g.Accounts, o.Accounts)
}

// limits returns what a caller with the grant is held to; nil: nothing.
func (g Grant) limits() *Grant {
	switch {
	case g.IsAll():
		return nil
	case g.Scopes == 0:
		g.Scopes = scopesOfAccounts
	}
	return &g
}

// May reports whether the caller may ask for something in the scope.
func (c *Caller) May(s Scope) bool { return c.grant == nil || c.grant.Scopes&s == s }

// HasAccounts reports whether the caller is held to the messages of some accounts.
func (c *Caller) HasAccounts() bool { return c != nil && c.grant != nil && len(c.grant.Accounts) > 0 }

// Sees reports whether the caller may know of a message of an account.
func (c *Caller) Sees(account []byte) bool {
	return !c.HasAccounts() || slices.Contains(c.grant.Accounts, string(account)) ||
		slices.Contains(c.grant.Accounts, message.Shown(string(account))) // the configuration is UTF-8
}
