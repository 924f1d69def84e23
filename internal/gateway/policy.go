package gateway

import (
	"crypto/x509"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"readback/internal/account"
	"readback/internal/deliver"
	"readback/internal/numbering"
	"readback/relay/message"
)

// Policies are what holds for all accounts: one value, swapped whole by Use.
type Policies struct {
	Default  Account            // for accounts that the operator has not named
	Accounts map[string]Account // by system_id

	IgnoreCase bool // a system_id is the same in upper and lower case
}

// Of returns what holds for an account.
func (p *Policies) Of(account string) Account {
	if a, ok := p.named(account); ok {
		return a
	}
	return p.Default
}

// named returns what the operator set for an account. The configuration is UTF-8, so a system_id in Latin-1
// is found by its text.
func (p *Policies) named(account string) (Account, bool) {
	a, ok := p.Accounts[account]
	if !ok && !message.IsASCII(account) {
		a, ok = p.Accounts[message.Shown(account)]
	}
	return a, ok
}

// spelling returns the system_id under which an account is known: that of the configuration or, where case
// does not count, in lower case.
func (p *Policies) spelling(account string) string {
	if _, ok := p.named(account); ok || !p.IgnoreCase {
		return account
	}
	for name := range p.Accounts {
		if strings.EqualFold(name, message.Shown(account)) {
			return name
		}
	}
	return strings.ToLower(account)
}

// policies holds the Policies now in force.
type policies struct {
	atomic.Pointer[Policies]

	mu       sync.Mutex
	changed  chan struct{}      // guarded by mu: closed at the next use
	watchers map[*func()]func() // guarded by mu: called at each use
}

func (p *policies) of(account string) Account { return p.Load().Of(account) }

// holdReceipts reports whether the account's receipts of deliveries are kept back: it is to get
// one receipt for a message, that it was read or that it was delivered.
func (p *policies) holdReceipts(account string) bool {
	t := p.of(account).Feedback
	return t.HoldReceipt && t.Form == deliver.Receipt
}

// use puts other policies in force.
func (p *policies) use(all *Policies) {
	for _, f := range p.replace(all) {
		f()
	}
}

// replace puts other policies in force, and returns whom to tell.
func (p *policies) replace(all *Policies) (watchers []func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Store(all)
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
	return slices.Collect(maps.Values(p.watchers))
}

// watch calls f, which must not wait, when other policies are put in force, until stop is called. A caller that
// calls watch before it looks at the policies misses no change. f may be called once more after stop.
func (p *policies) watch(f func()) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchers == nil {
		p.watchers = make(map[*func()]func())
	}
	key := &f
	p.watchers[key] = f
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, key)
	}
}

// next returns a channel that is closed when other policies are put in force. A caller that calls next
// before it looks at the policies misses no change.
func (p *policies) next() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.changed
}

// Account is what the operator set for one system_id.
type Account struct {
	numbering.Policy
	Feedback deliver.Options
	account.Limits
	PasswordHash []byte                 // bcrypt, shared mode only
	Allow        func(net.Addr) bool    // who may bind as this account; nil: everybody
	Certificate  string                 // that an ESME must show to bind as this account, see account.IsCertificate; empty: none
	Addresses    []account.AddressRange // whose messages from subscribers go to it, shared mode only
	Senders      []account.AddressRange // addresses that it may send from; empty: all
	MayRead      []account.AddressRange // receivers whose read responses it may send; empty: nobody's

	barred bool // it may send nothing; see Gateway.Use
}

// refuses returns why an ESME at that address that showed that certificate, or nil, may not bind as the account;
// nil if it may.
func (a *Account) refuses(remote net.Addr, shown *x509.Certificate) error {
	switch {
	case a.Allow != nil && !a.Allow(remote):
		return errNotAllowed
	case a.Certificate != "" && !account.IsCertificate(shown, a.Certificate):
		return errOtherCertificate
	}
	return nil
}
