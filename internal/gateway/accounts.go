package gateway

import (
	"maps"
	"slices"
	"sync/atomic"

	"readback/internal/account"
	"readback/internal/metric"
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
	ByElement  uint64                    // numbered messages whose number travels in the header
	ByMarker   uint64                    // and in the text
	Split      uint64                    // numbered messages that went on in parts for lack of room
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
		a.addTo(of(a.account))
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

// addTo adds the counters of an account to what it uses.
func (a *accountSubmits) addTo(u *AccountUse) {
	for s := range a.skips {
		u.Submits[numbering.Skip(s)] += valueOf(&a.skips[s])
	}
	u.ByElement += valueOf(&a.carried[0][0]) + valueOf(&a.carried[0][1])
	u.ByMarker += valueOf(&a.carried[1][0]) + valueOf(&a.carried[1][1])
	u.Split += valueOf(&a.carried[0][1]) + valueOf(&a.carried[1][1])
}

// valueOf returns how much a counter has counted that may not be needed yet.
func valueOf(at *atomic.Pointer[metric.Striped]) uint64 {
	if counter := at.Load(); counter != nil {
		return counter.Value()
	}
	return 0
}
