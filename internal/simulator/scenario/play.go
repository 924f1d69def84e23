package scenario

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"golang.org/x/time/rate"

	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// Play is a scenario that runs. Its methods may be called from any goroutine.
type Play struct {
	// Static after construction.
	seed    uint64
	limits  Limits
	isEmpty bool // there is nothing to react to

	mu    sync.Mutex
	rules []*running               // guarded by mu, as all below
	rates map[string]*rate.Limiter // by account
}

// running is a rule and how often it was used.
type running struct {
	Rule
	draw             *rand.Rand
	matched, applied int
}

// Count says how often a rule was used.
type Count struct {
	Name    string `json:"name"`
	Matched int    `json:"matched"` // requests that reached the rule and match it
	Applied int    `json:"applied"` // and about which it decided
}

// Start returns the scenario as it begins: all counts are zero. seed counts unless the file gives one. The
// same seed and the same requests in the same order lead to the same reactions.
func (s *Scenario) Start(seed uint64) *Play {
	if s.Seed != nil {
		seed = *s.Seed
	}
	p := &Play{
		seed: seed, limits: s.Limits, isEmpty: len(s.Rules) == 0 && s.Limits.Rate == 0, rates: make(map[string]*rate.Limiter),
	}
	for i, r := range s.Rules {
		p.rules = append(p.rules, &running{Rule: r, draw: rand.New(rand.NewPCG(seed, uint64(i)))})
	}
	return p
}

// Seed returns the seed that the probabilities are drawn by.
func (p *Play) Seed() uint64 { return p.seed }

// Limits returns those of the scenario.
func (p *Play) Limits() Limits { return p.limits }

// Counts returns how often each rule was used.
func (p *Play) Counts() []Count {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Count, len(p.rules))
	for i, r := range p.rules {
		all[i] = Count{r.Name, r.matched, r.applied}
	}
	return all
}

// React is for simulator.Options.
func (p *Play) React(account string, f smpp.Frame) (r simulator.Reaction, ok bool) {
	if p.isEmpty { // an SMSC without a scenario stays a fast sink
		return simulator.Reaction{}, false
	}
	q := request{account: account, id: f.ID(), frame: f}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.admits(&q) {
		return simulator.Reaction{Status: smpp.StatusThrottled}, true
	}
	for _, r := range p.rules {
		if r.Match.fits(&q) && r.decides() {
			return r.Reaction, true
		}
	}
	return simulator.Reaction{}, false
}

// maxRates bounds the accounts whose rates are known; further ones have no limit.
const maxRates = 10_000

// admits reports whether the rate of the account allows the request; mu is held.
func (p *Play) admits(q *request) bool {
	if p.limits.Rate == 0 || !isMessage(q.id) && q.id != pdu.SubmitMultiID {
		return true
	}
	l := p.rates[q.account]
	if l == nil {
		if len(p.rates) >= maxRates {
			return true
		}
		l = rate.NewLimiter(rate.Limit(p.limits.Rate), max(1, int(p.limits.Rate)))
		p.rates[q.account] = l
	}
	return l.Allow()
}

// decides counts a request that matches and reports whether the rule is about it; mu of the play is held.
func (r *running) decides() bool {
	r.matched++
	switch {
	case r.Times > 0 && r.applied >= r.Times,
		r.Every > 0 && r.matched%r.Every != 0,
		r.Probability > 0 && r.draw.Float64() >= r.Probability:
		return false
	}
	r.applied++
	return true
}

// request is a request that is compared with the rules. Its message is read when a rule asks for it.
type request struct {
	account string
	id      pdu.ID
	frame   smpp.Frame
	read    bool
	message smpp.Message
	text    string
}

func isMessage(id pdu.ID) bool { return slices.Contains(defaultCommands, id) }

// fits reports whether a request matches.
func (m *Match) fits(q *request) bool {
	if !slices.Contains(m.Commands, q.id) || !m.Account.Matches(q.account) {
		return false
	}
	if m.Sender == "" && m.Receiver == "" && m.Text == "" {
		return true
	}
	return q.parse() && m.Sender.MatchesNumber(string(q.message.From.Addr)) &&
		m.Receiver.MatchesNumber(string(q.message.To.Addr)) && m.Text.Matches(q.text)
}

// parse reads the message, once. It returns false if there is none that can be read.
func (q *request) parse() bool {
	if q.read {
		return q.message.Frame != nil
	}
	q.read = true
	m, err := smpp.ParseMessage(q.frame)
	if err != nil {
		return false
	}
	text := m.UserData()
	if m.HasUDH() {
		if h, err := udh.ParseHeader(text); err == nil {
			text = text[h.Len():]
		}
	}
	q.message, q.text = m, udh.Decode(text, udh.CodingOf(m.DataCoding(), udh.GSM7))
	return true
}
