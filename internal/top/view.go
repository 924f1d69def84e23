package top

import (
	"cmp"
	"math"
	"slices"
	"time"

	"readback/internal/operator"
)

// View is what the gateway does now. Rates are per second.
type View struct {
	At        time.Time       `json:"at"`
	Status    operator.Status `json:"status"`
	Submits   float64         `json:"submits"`
	Numbered  float64         `json:"numbered"` // of the submits, a rate as well
	Delivered float64         `json:"delivered"`
	Read      float64         `json:"read"`
	Held      float64         `json:"held_requests"`
	Outbox    float64         `json:"feedback_outbox"`
	Receipts  float64         `json:"receipts_held"`
	Dead      float64         `json:"dead_letters"`
	Latency   Latencies       `json:"latency_seconds"`
	Accounts  []AccountView   `json:"accounts"` // those that send most come first
}

// Latencies are those of the time between the two samples.
type Latencies struct {
	ToSMSC Latency `json:"to_smsc"` // what the gateway adds to a PDU
	ToESME Latency `json:"to_esme"`
	SMSC   Latency `json:"smsc"` // from a numbered submit_sm to its response
	Log    Latency `json:"log"`  // an append
}

// AccountView is what an account does now.
type AccountView struct {
	Name       string  `json:"name"`
	Submits    float64 `json:"submits"`
	Numbered   float64 `json:"numbered"`
	Delivered  float64 `json:"delivered"`
	Read       float64 `json:"read"`
	Sessions   int     `json:"sessions"`
	Unanswered int64   `json:"unanswered"`
	Waiting    uint64  `json:"feedback_waiting"`
	Oldest     float64 `json:"feedback_oldest_seconds"`
}

// Between returns what the gateway did between two samples, and how it was at the later one.
func Between(before, now *Sample) *View {
	v := &View{
		At: now.At.Truncate(time.Millisecond), Status: now.Status,
		Held: now.Metrics.gauge("readback_held_requests"), Outbox: now.Metrics.gauge("readback_feedback_outbox"),
		Receipts: now.Metrics.gauge("readback_receipts_held"), Dead: now.Metrics.gauge("readback_dead_letters"),
	}
	latency := func(name, label string) Latency {
		return now.Metrics.histogram(name, label).since(before.Metrics.histogram(name, label)).latency()
	}
	v.Latency = Latencies{
		ToSMSC: latency("readback_added_seconds", "smsc"), ToESME: latency("readback_added_seconds", "esme"),
		SMSC: latency("readback_smsc_answer_seconds", ""), Log: latency("readback_ledger_append_seconds", ""),
	}
	v.Accounts = accountsBetween(before, now)
	for _, a := range v.Accounts {
		v.Submits += a.Submits
		v.Numbered += a.Numbered
		v.Delivered += a.Delivered
		v.Read += a.Read
	}
	return v
}

// accountsBetween returns what all accounts did.
func accountsBetween(before, now *Sample) []AccountView {
	by := make(map[string]*AccountView)
	of := func(name string) *AccountView {
		if by[name] == nil {
			by[name] = &AccountView{Name: name}
		}
		return by[name]
	}
	earlier := make(map[string]operator.AccountStatistics, len(before.Statistics))
	for _, s := range before.Statistics {
		earlier[s.Name] = s
	}
	took := now.At.Sub(before.At)
	for _, s := range now.Statistics {
		a, e := of(s.Name), earlier[s.Name]
		a.Submits, a.Numbered = perSecond(e.Submitted, s.Submitted, took), perSecond(e.Numbered, s.Numbered, took)
		a.Delivered, a.Read = perSecond(e.Delivered, s.Delivered, took), perSecond(e.Read, s.Read, took)
	}
	for _, use := range now.Accounts {
		of(use.Name).Sessions, of(use.Name).Unanswered = use.Sessions, use.Unanswered
	}
	for _, q := range now.Queues {
		of(q.Account).Waiting, of(q.Account).Oldest = q.Waiting, q.Age
	}
	all := make([]AccountView, 0, len(by))
	for _, a := range by {
		all = append(all, *a)
	}
	slices.SortFunc(all, func(a, b AccountView) int {
		return cmp.Or(cmp.Compare(b.Submits, a.Submits), cmp.Compare(b.Waiting, a.Waiting), cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// perSecond returns how fast a counter rose. If the gateway began again meanwhile, it began at 0.
func perSecond(before, after uint64, took time.Duration) float64 {
	if after < before {
		before = 0
	}
	if took <= 0 {
		return 0
	}
	return math.Round(float64(after-before)/took.Seconds()*10) / 10
}
