package scenario

import (
	"fmt"
	"slices"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"go.yaml.in/yaml/v3"

	"readback/internal/simulator"
	"readback/internal/yamlfile"
	"readback/smpp/receipt"
)

// top has the keys of a file.
func (p *parser) top(s *Scenario) []pair {
	return []pair{
		{"seed", p.seed(&s.Seed)},
		{"limits", func(key string, n *yaml.Node) { p.mapping(key, n, p.limits(&s.Limits)) }},
		{"rules", func(key string, n *yaml.Node) { p.rules(key, n, s) }},
	}
}

func (p *parser) limits(l *Limits) []pair {
	const most = 1_000_000
	return []pair{
		{"rate", p.number(&l.Rate, most, "messages a second, such as 50 or 0.5")},
		{"window", p.count(&l.Window, 1, most)},
		{"sessions", p.count(&l.Sessions, 1, most)},
	}
}

// maxRules bounds the work for each request.
const maxRules = 1000

func (p *parser) rules(key string, n *yaml.Node, s *Scenario) {
	if n.Kind != yaml.SequenceNode {
		p.wrong(n, key, "found "+kindOf(n), "a list of rules, each begun by a hyphen")
		return
	}
	if len(n.Content) > maxRules {
		p.wrong(n, key, "too many rules", fmt.Sprintf("at most %d", maxRules))
		return
	}
	for i, item := range n.Content {
		r := Rule{}
		p.rule(fmt.Sprintf("%s[%d]", key, i), yamlfile.Resolve(item), &r)
		if r.Name == "" {
			r.Name = fmt.Sprintf("%s[%d]", key, i)
		}
		if len(r.Commands) == 0 {
			r.Commands = defaultCommands
		}
		s.Rules = append(s.Rules, r)
	}
}

// rule reads one rule.
func (p *parser) rule(key string, n *yaml.Node, r *Rule) {
	before := len(p.errs)
	given := p.mapping(key, n, p.ruleKeys(r))
	if n.Kind == yaml.MappingNode && len(p.errs) == before {
		p.contradictions(key, n, r, given)
	}
}

// ruleKeys has the keys of a rule.
func (p *parser) ruleKeys(r *Rule) []pair {
	const most = 1_000_000_000
	return []pair{
		{"name", p.text(&r.Name)},
		{"command", p.commands(&r.Commands)},
		{"account", p.pattern(&r.Account)},
		{"sender", p.pattern(&r.Sender)},
		{"receiver", p.pattern(&r.Receiver)},
		{"text", p.pattern(&r.Text)},
		{"every", p.count(&r.Every, 1, most)},
		{"probability", p.number(&r.Probability, 1, "a number above 0 and up to 1, such as 0.1 for one in ten")},
		{"times", p.count(&r.Times, 1, most)},
		{"status", p.status(&r.Status)},
		{"delay", p.duration(&r.Delay)},
		{"answer", word(p, &r.Fate, fateNames, fates)},
		{"receipt", func(key string, n *yaml.Node) { p.receipt(key, n, &r.Receipt) }},
	}
}

// fateNames are the values of answer.
var (
	fateNames = []string{"usual", "lost", "none", "reset", "close", "unbind", "garbage"}
	fates     = []simulator.Fate{
		simulator.Answered, simulator.AnswerLost, simulator.Ignored, simulator.Reset, simulator.Closed, simulator.Unbound, simulator.Garbled,
	}
)

// stateNames are the values of receipt.state: the words of stat (SMPP 3.4 Appendix B).
var (
	states     = []receipt.State{receipt.Delivered, receipt.Expired, receipt.Deleted, receipt.Undeliverable, receipt.Accepted, receipt.Unknown, receipt.Rejected}
	stateNames = func() (names []string) {
		for _, s := range states {
			names = append(names, s.Stat())
		}
		return names
	}()
)

// receipt reads what is different about receipts: none, or a mapping.
func (p *parser) receipt(key string, n *yaml.Node, c *simulator.ReceiptChange) {
	if n.Kind == yaml.ScalarNode {
		if c.Lost = n.Value == "none"; !c.Lost {
			p.wrong(n, key, "unknown value", "none, or a mapping of delay, state, error, message_id, tlvs, copies")
		}
		return
	}
	var tlvs bool
	keys := p.receiptKeys(c, &tlvs)
	given := p.mapping(key, n, keys)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		p.wrong(n, key, "an empty mapping", "one of "+names(keys)+"; or none")
	}
	c.NoTLVs = given["tlvs"] != nil && !tlvs
}

// receiptKeys has the keys of a receipt.
func (p *parser) receiptKeys(c *simulator.ReceiptChange, tlvs *bool) []pair {
	return []pair{
		{"delay", p.duration(&c.After)},
		{"state", word(p, &c.State, stateNames, states)},
		{"error", p.receiptError(&c.Error)},
		{"message_id", word(p, &c.Base, []string{"decimal", "hex"}, []int{10, 16})},
		{"tlvs", word(p, tlvs, []string{"true", "false"}, []bool{true, false})},
		{"copies", p.count(&c.Copies, 1, 100)},
	}
}

// receiptError reads err of a receipt's text.
func (p *parser) receiptError(to *string) take {
	return func(key string, n *yaml.Node) {
		const wanted = "three characters, such as 011"
		s, ok := p.scalar(key, n, wanted)
		if ok && !simulator.IsReceiptError(s) {
			p.wrong(n, key, "not an error code", wanted)
		}
		*to = s
	}
}

// contradictions adds what is wrong with a rule as a whole.
func (p *parser) contradictions(key string, n *yaml.Node, r *Rule, given map[string]*yaml.Node) {
	has := func(names ...string) *yaml.Node {
		for _, name := range names {
			if k := given[name]; k != nil {
				return k
			}
		}
		return nil
	}
	refuse := func(k *yaml.Node, what, hint string) {
		p.errs = append(p.errs, &Error{File: p.file, Line: k.Line, Key: key + "." + k.Value, Problem: what, Hint: hint})
	}
	onlyMessages := !slices.ContainsFunc(r.Commands, func(id pdu.ID) bool { return !isMessage(id) })
	answered := r.Fate == simulator.Answered || r.Fate == simulator.AnswerLost || r.Fate == simulator.Unbound
	if has("status", "delay", "answer", "receipt") == nil {
		p.errs = append(p.errs, &Error{
			File: p.file, Line: n.Line, Key: key, Problem: "a rule without an action",
			Hint: "status, delay, answer or receipt; answer: usual exempts from the rules below",
		})
	}
	if k := has("sender", "receiver", "text", "receipt"); k != nil && !onlyMessages {
		refuse(k, "for submit_sm and data_sm only", "leave out the other commands, or this key")
	}
	if k := has("delay"); k != nil && r.Fate == simulator.Ignored {
		refuse(k, "nothing comes that could be late", "leave out delay, or answer: none")
	}
	if k := has("probability"); k != nil && has("every") != nil {
		refuse(k, "beside every", "one of the two")
	}
	if k := has("receipt"); k != nil && (r.Status != 0 || !answered) {
		refuse(k, "there is no receipt of a message that is not accepted", "leave out receipt, or status and answer")
	}
	if k := has("status"); k != nil && !answered {
		refuse(k, "there is no status without an answer", "leave out status or answer")
	}
}
