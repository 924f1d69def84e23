package config

import (
	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
	"readback/internal/yamlfile"
)

// decode returns a scalar, or a list of scalars, and the scalar as written.
func decode(n *yaml.Node) (v any, text string, ok bool) {
	switch n.Kind {
	case yaml.ScalarNode:
		err := n.Decode(&v)
		return v, n.Value, err == nil
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			item, _, isScalar := decode(yamlfile.Resolve(c))
			if _, nested := item.([]any); !isScalar || nested {
				return nil, "", false
			}
			list = append(list, item)
		}
		return list, "", true
	}
	return nil, "", false
}

// written returns the scalars of a list as they were written.
func written(n *yaml.Node, v any) any {
	list, ok := v.([]any)
	for i := range list {
		if c := yamlfile.Resolve(n.Content[i]); !yamlfile.IsNull(c) {
			list[i] = c.Value
		}
	}
	if !ok {
		return v
	}
	return list
}

// kindOfNode names the kind of a node.
func kindOfNode(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return setting.KindOf(map[string]any{})
	case yaml.SequenceNode:
		return setting.KindOf([]any{})
	}
	v, _, _ := decode(n)
	return setting.KindOf(v)
}

// isEmpty reports whether a value only disables something: null, "", false, [], {} or a
// mapping of such values.
func isEmpty(n *yaml.Node) bool {
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value == "" || yamlfile.IsNull(n) || n.ShortTag() == "!!bool" && n.Value == "false"
	case yaml.SequenceNode:
		return len(n.Content) == 0
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			if !isEmpty(n.Content[i]) {
				return false
			}
		}
		return true
	}
	return false
}
