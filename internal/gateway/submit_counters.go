package gateway

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"readback/internal/metric"
	"readback/internal/numbering"
)

// submitCounters count the messages of accounts by what became of their number.
type submitCounters struct {
	vec *metric.StripedVec

	mu sync.Mutex
	by map[string]*accountSubmits // guarded by mu
}

// accountSubmits are the counters of one account, by Skip; nil: not needed yet.
type accountSubmits struct {
	of      *submitCounters
	account string
	skips   []atomic.Pointer[metric.Striped]
	last    skippedMessages
}

// maxCounted is how many accounts have counters of their own. In mirror mode the SMSC says who is one.
const maxCounted = 10_000

// othersLabel is the label of all further accounts.
const othersLabel = "other"

func newSubmitCounters(f metric.Factory) *submitCounters {
	var skips []string
	for _, s := range numbering.Skips() {
		skips = append(skips, s.String())
	}
	return &submitCounters{by: make(map[string]*accountSubmits), vec: f.StripedVec(metric.Opts{
		Name: "readback_submits_total", Help: "submit_sm and submit_multi by account and by what became of their number: numbered, or why not.",
		Labels: []string{"account", "skip"}, Series: metric.Each([]string{othersLabel}, skips),
		Detail: "data_sm with a message_payload, too. What each skip is stands below. The 10,000 accounts that come first have labels of their own, all further ones are `other`.",
		Look:   "`ledger_down`, `malformed` rise; `no_room` is large",
	})}
}

// account returns the counters of an account.
func (c *submitCounters) account(name string) *accountSubmits {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[name] == nil && len(c.by) >= maxCounted {
		name = othersLabel
	}
	a := c.by[name]
	if a == nil {
		a = &accountSubmits{of: c, account: name, skips: make([]atomic.Pointer[metric.Striped], len(numbering.Skips()))}
		c.by[name] = a
	}
	return a
}

// accounts returns those of all accounts.
func (c *submitCounters) accounts() []*accountSubmits {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.by))
}

// count counts a message of the session with this id.
func (a *accountSubmits) count(stripe uint64, s numbering.Skip) {
	at := &a.skips[s]
	counter := at.Load()
	if counter == nil {
		counter = a.make(at, s)
	}
	counter.Inc(stripe)
}

// make makes a counter, once.
func (a *accountSubmits) make(at *atomic.Pointer[metric.Striped], s numbering.Skip) *metric.Striped {
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	if at.Load() == nil {
		at.Store(a.of.vec.Striped(a.account, s.String()))
	}
	return at.Load()
}
