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
	vec     *metric.StripedVec
	carried *metric.StripedVec

	mu sync.Mutex
	by map[string]*accountSubmits // guarded by mu
}

// accountSubmits are the counters of one account, by Skip; nil: not needed yet.
type accountSubmits struct {
	of      *submitCounters
	account string
	skips   []atomic.Pointer[metric.Striped]
	carried [2][2]atomic.Pointer[metric.Striped] // numbered: by marker or not, split or not
	last    skippedMessages
	refused skippedMessages // numbered, and refused by the SMSC
}

// carriages are how a number travels, as the setting track.carriage has it.
var carriages = []string{"udh", "text"}

// maxCounted is how many accounts have counters of their own. In mirror mode the SMSC says who is one.
const maxCounted = 10_000

// othersLabel is the label of all further accounts.
const othersLabel = "other"

func newSubmitCounters(f metric.Factory) *submitCounters {
	var skips []string
	for _, s := range numbering.Skips() {
		skips = append(skips, s.String())
	}
	carried := f.StripedVec(metric.Opts{
		Name: "readback_numbered_total", Help: "Numbered messages by account, by how the number travels, and by whether they were split for lack of room.",
		Labels: []string{"account", "carriage", "split"}, Series: metric.Each([]string{othersLabel}, carriages, []string{"no", "yes"}),
		Detail: "`udh` is the element, `text` the marker.",
	})
	return &submitCounters{by: make(map[string]*accountSubmits), carried: carried, vec: f.StripedVec(metric.Opts{
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
	a.inc(&a.skips[s], stripe, func() *metric.Striped { return a.of.vec.Striped(a.account, s.String()) })
}

// numbered counts a message that got a number, by how that travels. split says that it went on in parts for lack of
// room.
func (a *accountSubmits) numbered(stripe uint64, byMarker, split bool) {
	m, p := toInt(byMarker), toInt(split)
	a.inc(&a.carried[m][p], stripe, func() *metric.Striped {
		return a.of.carried.Striped(a.account, carriages[m], []string{"no", "yes"}[p])
	})
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// inc adds one to the counter at a place, which make makes, once.
func (a *accountSubmits) inc(at *atomic.Pointer[metric.Striped], stripe uint64, make func() *metric.Striped) {
	counter := at.Load()
	if counter == nil {
		a.of.mu.Lock()
		if counter = at.Load(); counter == nil {
			counter = make()
			at.Store(counter)
		}
		a.of.mu.Unlock()
	}
	counter.Inc(stripe)
}
