// Package scenario says by rules in a YAML file how a simulated SMSC treats requests: which it
// throttles, answers late or never, and what their receipts are like.
package scenario

import (
	"fmt"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"go.yaml.in/yaml/v3"

	"readback/internal/simulator"
	"readback/smpp"
)

// Scenario is what a file says. docs/simulator.md describes the keys.
type Scenario struct {
	Seed   *uint64 // of the probabilities; nil: not given
	Limits Limits
	Rules  []Rule
}

// Limits bound what an account may do. Zero sets no limit.
type Limits struct {
	Rate     float64 // message operations a second; more get ESME_RTHROTTLED
	Window   int     // unanswered message operations of a session; more get ESME_RTHROTTLED
	Sessions int     // bound sessions; more get ESME_RBINDFAIL
}

// Rule says what becomes of the requests that it matches. Of all rules that match, the first decides.
type Rule struct {
	Name string
	Match
	When
	simulator.Reaction
}

// Match says which requests a rule is about. Empty patterns match everything.
type Match struct {
	Commands                        []pdu.ID
	Account, Sender, Receiver, Text Pattern
}

// When says which of the requests that match a rule decides about. The zero value is all of them.
type When struct {
	Every       int     // the nth, 2nth and so on
	Probability float64 // a share of them, drawn by the seed; zero is all
	Times       int     // so many at most; zero is all
}

// defaultCommands are those of a rule that names none.
var defaultCommands = []pdu.ID{pdu.SubmitSMID, pdu.DataSMID}

// Pattern is a text in which * stands for any characters and ? for one. An empty one matches everything.
type Pattern string

// Matches reports whether the whole of text fits.
func (p Pattern) Matches(text string) bool { return p == "" || matches(string(p), text) }

// MatchesNumber reports whether the whole of an address fits. An international prefix, + or 00, makes no difference,
// neither in the pattern nor in the address.
func (p Pattern) MatchesNumber(addr string) bool {
	return p == "" || matches(simulator.Digits(string(p)), simulator.Digits(addr))
}

func matches(pattern, text string) bool {
	want, s := []rune(pattern), []rune(text)
	i, star, from := 0, -1, 0 // star is the last * in want, and from where in s it may end
	for at := 0; at < len(s); {
		switch {
		case i < len(want) && want[i] == '*':
			star, from = i, at
			i++
		case i < len(want) && (want[i] == '?' || want[i] == s[at]):
			i++
			at++
		case star >= 0: // let it stand for one character more
			from++
			i, at = star+1, from
		default:
			return false
		}
	}
	for i < len(want) && want[i] == '*' {
		i++
	}
	return i == len(want)
}

// maxDelay bounds delays, so that a typing error does not look like an SMSC that never answers.
const maxDelay = 24 * time.Hour

// FailureRule returns the rule that refuses a share of all messages. The status is a name or a number; empty
// stands for ESME_RSYSERR.
func FailureRule(share float64, status string) (Rule, error) {
	if !(share > 0 && share <= 1) { // neither is NaN
		return Rule{}, fmt.Errorf("failure rate %v: not a share (hint: above 0 and up to 1, such as 0.1 for one in ten)", share)
	}
	if status == "" {
		status = smpp.Mnemonic(smpp.StatusSysErr)
	}
	r := Rule{Name: "failure rate", Match: Match{Commands: defaultCommands}, When: When{Probability: share}}
	p := &parser{file: "failure status"}
	p.status(&r.Status)("", &yaml.Node{Kind: yaml.ScalarNode, Value: status})
	if len(p.errs) > 0 {
		return Rule{}, p.errs
	}
	return r, nil
}
