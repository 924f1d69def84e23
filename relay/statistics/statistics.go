// Package statistics counts by account how far messages got: delivered, failed, read, reported, and after what
// time they were read.
package statistics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/index"
	"readback/relay/message"
)

// maxAccounts is how many accounts have counters of their own. In mirror mode the SMSC says who is one.
const maxAccounts = 10_000

// others is the name of all further accounts together.
const others = "other"

// Counters count the messages of accounts by how far they got, since they were made.
type Counters struct {
	messages *prometheus.CounterVec
	times    prometheus.Histogram

	mu sync.Mutex
	by map[string]*account // guarded by mu: by the name of the account
}

// account has what was counted of one account. It is guarded by the mutex of its Counters.
type account struct {
	name    string // as an operator reads it
	states  [states]uint64
	metrics [states]prometheus.Counter // nil: not needed yet
	times   Times
}

// NewCounters declares the metrics of messages by how far they got.
func NewCounters(f metric.Factory) *Counters {
	return &Counters{
		by: make(map[string]*account),
		messages: f.CounterVec(metric.Opts{
			Name: "readback_messages_total", Help: "Numbered messages that reached a state, by account and state.",
			Labels: []string{"account", "state"}, Series: metric.Each([]string{others}, stateNames[:]),
			Detail: "`delivered`, `failed`, `expired`: by the receipts; `read`, `deleted_unread`: by a read response; `reported`: the ESME has acknowledged its feedback. A message counts once in each state that it reaches. One that is read without a receipt before counts as `delivered`, too. The 10,000 accounts that come first have labels of their own, all further ones are `other`.",
		}),
		times: f.Histogram(metric.Opts{
			Name: "readback_time_to_read_seconds", Help: "Time from the submission of a message until its receiver read it.",
			Buckets: seconds(),
		}),
	}
}

// Applied counts what a batch of the log came to.
func (c *Counters) Applied(res *index.Result) {
	if len(res.Moved) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range res.Moved {
		c.count(&res.Moved[i])
	}
}

// count counts a message. The mutex is locked.
func (c *Counters) count(m *index.Moved) {
	s, ok := stateOf(m.To)
	if !ok {
		return
	}
	a := c.account(m.Account)
	a.states[s]++
	if a.metrics[s] == nil {
		a.metrics[s] = c.messages.WithLabelValues(a.name, stateNames[s])
	}
	a.metrics[s].Inc()
	if s == read {
		a.times.add(m.Took)
		c.times.Observe(m.Took.Seconds())
	}
}

// account returns the counters of an account.
func (c *Counters) account(name []byte) *account {
	if a := c.by[string(name)]; a != nil {
		return a
	}
	key, label := string(name), message.Shown(string(name))
	if len(c.by) >= maxAccounts {
		key, label = others, others
		if a := c.by[key]; a != nil {
			return a
		}
	}
	a := &account{name: label}
	c.by[key] = a
	return a
}

// Account is what was counted of an account.
type Account struct {
	Name                          string // of the account, as an operator reads it
	Delivered, Failed, Expired    uint64
	Read, DeletedUnread, Reported uint64
	Times                         Times // from submission until they were read
}

// Accounts returns those of which a message got further than the SMSC.
func (c *Counters) Accounts() []Account {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Account, 0, len(c.by))
	for _, a := range c.by {
		all = append(all, Account{
			Name: a.name, Delivered: a.states[delivered], Failed: a.states[failed], Expired: a.states[expired],
			Read: a.states[read], DeletedUnread: a.states[deletedUnread], Reported: a.states[reported], Times: a.times,
		})
	}
	return all
}
