package scenario

import (
	"cmp"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
	"readback/internal/yamlfile"
)

// Load reads the file at path. An error is an Errors with everything that is wrong.
func Load(path string) (*Scenario, error) {
	b, problem := yamlfile.Read(path)
	if problem != nil {
		return nil, Errors{{File: path, Problem: problem.What, Hint: "the path of a scenario file"}}
	}
	return Parse(path, b)
}

// Parse reads the contents of a file. The name is for the errors: an Errors with everything that is wrong.
func Parse(name string, b []byte) (*Scenario, error) {
	p := &parser{file: name}
	s := &Scenario{}
	if n := p.document(b); n != nil {
		p.mapping("", n, p.top(s))
	}
	if len(p.errs) > 0 {
		return nil, p.errs.Sorted()
	}
	return s, nil
}

// parser reads one file and collects its errors.
type parser struct {
	file string
	errs Errors
}

// take reads the value of one key.
type take func(key string, n *yaml.Node)

// wrong adds an error about a node.
func (p *parser) wrong(n *yaml.Node, key, what, hint string) {
	e := &Error{File: p.file, Line: n.Line, Key: key, Problem: what, Hint: hint}
	if n.Kind == yaml.ScalarNode {
		e.Value = n.Value
	}
	p.errs = append(p.errs, e)
}

// document returns the mapping that the file is; nil if there is none.
func (p *parser) document(b []byte) *yaml.Node {
	top, err := yamlfile.Parse(p.file, b)
	if err != nil {
		err.Hint = cmp.Or(err.Hint, "docs/simulator.md has a scenario that is right")
		p.errs = append(p.errs, err)
	}
	if top == nil || yamlfile.IsNull(top) {
		return nil
	}
	return top
}

// mapping reads the pairs of a mapping, each by its take.
func (p *parser) mapping(key string, n *yaml.Node, keys []pair) (given map[string]*yaml.Node) {
	given = make(map[string]*yaml.Node)
	if n.Kind != yaml.MappingNode {
		p.wrong(n, key, "found "+kindOf(n), yamlfile.WantMapping(n, "a mapping of "+names(keys)))
		return given
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], yamlfile.Resolve(n.Content[i+1])
		full := setting.Join(key, k.Value)
		switch t := find(keys, k.Value); {
		case given[k.Value] != nil:
			p.errs = append(p.errs, &Error{File: p.file, Line: k.Line, Key: full, Problem: "given twice", Hint: fmt.Sprintf("first on line %d", given[k.Value].Line)})
		case t == nil:
			p.errs = append(p.errs, &Error{File: p.file, Line: k.Line, Key: full, Problem: "unknown key", Hint: nearestKey(keys, key, k.Value)})
		default:
			given[k.Value] = k
			t(full, v)
		}
	}
	return given
}

// pair is a key that a mapping may have.
type pair struct {
	name string
	take take
}

func find(keys []pair, name string) take {
	for _, k := range keys {
		if k.name == name {
			return k.take
		}
	}
	return nil
}

// nearestKey is a hint for an unknown key.
func nearestKey(keys []pair, section, name string) string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.name
	}
	if near := setting.Nearest(name, all, max(2, len(name)/3)); near != "" {
		return "did you mean " + setting.Join(section, near) + "?"
	}
	return "the keys here are " + names(keys)
}

func names(keys []pair) string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.name
	}
	return strings.Join(all, ", ")
}

// kindOf names what a node is.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return setting.KindOf(map[string]any{})
	case yaml.SequenceNode:
		return setting.KindOf([]any{})
	}
	var v any
	if n.Decode(&v) != nil {
		return setting.KindOf(struct{}{})
	}
	return setting.KindOf(v)
}
