package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"

	"readback/relay/access"
)

// readAPIKeys reads the list of keys. Messages show neither a key nor its hash.
func readAPIKeys(l *loader) {
	const key = "reads.api_keys"
	n := l.doc.trees[key]
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.tree(key, n, "a list of {name, sha256, rate}")
		return
	}
	seen := make(map[string]bool)
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", key, i)
		k, ok := readAPIKey(l, at, resolve(item))
		if !ok {
			l.failed[key] = true
			continue
		}
		if seen[k.Name] {
			l.nodeError(item, at+".name", problem{"given twice", "a name for each key"})
		}
		seen[k.Name] = true
		l.cfg.Relay.APIKeys = append(l.cfg.Relay.APIKeys, k)
	}
}

func readAPIKey(l *loader, at string, n *yaml.Node) (k access.APIKey, ok bool) {
	if n.Kind != yaml.MappingNode {
		l.nodeError(n, at, problem{"found " + kindOfNode(n), "a mapping {name: app, sha256: …}"})
		return k, false
	}
	ok = true
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, v := n.Content[i], resolve(n.Content[i+1])
		p := takeKey(&k, name.Value, v)
		if seen[name.Value] {
			p = &problem{"given twice", ""}
		}
		seen[name.Value] = true
		if p != nil {
			l.nodeError(name, at+"."+name.Value, *p)
			ok = false
		}
	}
	for _, name := range []string{"name", "sha256"} {
		if !seen[name] {
			l.nodeError(n, at, problem{name + " is missing", "{name: app, sha256: …}"})
			ok = false
		}
	}
	return k, ok
}

// maxKeyRate is more than one gateway can handle.
const maxKeyRate = 10_000_000

// takeKey reads one value of a key.
func takeKey(k *access.APIKey, name string, v *yaml.Node) *problem {
	switch name {
	case "name":
		if v.Kind != yaml.ScalarNode || v.ShortTag() != "!!str" {
			return &problem{"found " + kindOfNode(v), "a name for the log"}
		}
		if v.Value == "" {
			return &problem{"empty", "a name for the log"}
		}
		k.Name = v.Value
	case "sha256":
		sum, err := hex.DecodeString(v.Value)
		if err != nil || len(sum) != sha256.Size {
			return &problem{"not 64 hexadecimal digits", "printf %s KEY | sha256sum"}
		}
		k.SHA256 = hex.EncodeToString(sum)
	case "rate":
		n, err := strconv.Atoi(v.Value)
		if err != nil || v.ShortTag() != "!!int" || n < 1 || n > maxKeyRate {
			return &problem{"not a rate", fmt.Sprintf("reads a minute, 1 to %d; left out it is no limit", maxKeyRate)}
		}
		k.Rate = n
	default:
		return &problem{"unknown key", "the keys here are name, sha256, rate"}
	}
	return nil
}
