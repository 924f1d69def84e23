package gateway

import (
	"maps"
	"slices"

	"readback/internal/account"
	"readback/internal/numbering"
	"readback/relay/message"
)

// AccountUse is what an account may use, and what it uses.
type AccountUse struct {
	Name       string // the system_id
	IsListed   bool   // the operator has settings for it
	Limits     account.Limits
	Sessions   int
	Unanswered int64                     // requests of all its sessions that have no response yet
	Submits    map[numbering.Skip]uint64 // messages since the gateway began, by what became of their number
}

// Accounts returns all accounts that are listed, bound, or have sent a message, by name.
func (g *Gateway) Accounts() []AccountUse {
	policies, all := g.policies.Load(), make(map[string]*AccountUse)
	of := func(name string) *AccountUse {
		if all[name] == nil {
			_, listed := policies.named(name)
			all[name] = &AccountUse{Name: name, IsListed: listed, Limits: policies.Of(name).Limits, Submits: make(map[numbering.Skip]uint64)}
		}
		return all[name]
	}
	for name := range policies.Accounts {
		of(message.Shown(name))
	}
	for _, a := range g.metrics.submits.accounts() {
		a.addTo(of(a.account).Submits)
	}
	for _, s := range g.Sessions() {
		if s.Bind != 0 {
			a := of(s.Account)
			a.Sessions++
			a.Unanswered += s.Unanswered
		}
	}
	sorted := make([]AccountUse, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, *all[name])
	}
	return sorted
}

// addTo adds the counters of an account to counts.
func (a *accountSubmits) addTo(counts map[numbering.Skip]uint64) {
	for s := range a.skips {
		if counter := a.skips[s].Load(); counter != nil {
			counts[numbering.Skip(s)] += counter.Value()
		}
	}
}
