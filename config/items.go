package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
	"readback/internal/yamlfile"
)

// items describes a setting that is a list of mappings, each with a name of its own.
type items[T any] struct {
	key     string
	example string   // an item
	needs   []string // the keys that each item must have
	take    func(to *T, key string, v *yaml.Node) *problem
	check   func(*T) *problem // what is wrong with a whole item; nil: nothing can be
	name    func(*T) string
}

// read reads the list. Messages do not show values, since they may be secret.
func (s items[T]) read(l *loader) (all []T) {
	n := l.doc.trees[s.key]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		l.tree(s.key, n, fieldsByKey[s.key].Wanted())
		return nil
	}
	seen := make(map[string]bool)
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", s.key, i)
		v, ok := s.readItem(l, at, yamlfile.Resolve(item))
		if !ok {
			l.failed[s.key] = true
			continue
		}
		if seen[s.name(&v)] {
			l.nodeError(item, at+".name", problem{"given twice", "a name for each"})
		}
		seen[s.name(&v)] = true
		all = append(all, v)
	}
	return all
}

func (s items[T]) readItem(l *loader, at string, n *yaml.Node) (v T, ok bool) {
	if n.Kind != yaml.MappingNode {
		l.nodeError(n, at, problem{"found " + kindOfNode(n), "a mapping " + s.example})
		return v, false
	}
	ok = true
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		p := s.take(&v, name.Value, yamlfile.Resolve(n.Content[i+1]))
		if seen[name.Value] {
			p = &problem{"given twice", "leave one of them out"}
		}
		seen[name.Value] = true
		if p != nil {
			l.nodeError(name, at+"."+name.Value, *p)
			ok = false
		}
	}
	for _, name := range s.needs {
		if !seen[name] {
			l.nodeError(n, at, problem{name + " is missing", s.example})
			ok = false
		}
	}
	if ok && s.check != nil {
		if p := s.check(&v); p != nil {
			l.nodeError(n, at, *p)
			ok = false
		}
	}
	return v, ok
}

// takeText reads a text that is not empty.
func takeText(to *string, v *yaml.Node, hint string) *problem {
	switch {
	case v.Kind != yaml.ScalarNode || v.ShortTag() != "!!str":
		return &problem{"found " + kindOfNode(v), hint}
	case v.Value == "":
		return &problem{"empty", hint}
	}
	*to = v.Value
	return nil
}

// takeSum reads the SHA-256 of a secret.
func takeSum(to *string, v *yaml.Node, what string) *problem {
	sum, err := hex.DecodeString(v.Value)
	if err != nil || len(sum) != sha256.Size {
		return &problem{"not 64 hexadecimal digits", "printf %s " + what + " | sha256sum"}
	}
	*to = hex.EncodeToString(sum)
	return nil
}

// takeWords reads a list of texts that are not empty.
func takeWords(v *yaml.Node, hint string, take func(word string) *problem) *problem {
	if v.Kind != yaml.SequenceNode {
		return &problem{"found " + kindOfNode(v), hint}
	}
	if len(v.Content) == 0 {
		return &problem{"empty", hint}
	}
	var wrong setting.Problems
	for _, item := range v.Content {
		var word string
		p := takeText(&word, yamlfile.Resolve(item), hint)
		if p == nil {
			p = take(word)
		}
		if p != nil {
			wrong.Add(p.What, p.Hint)
		}
	}
	return (*problem)(wrong.Joined())
}
