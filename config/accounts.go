package config

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
	"readback/internal/yamlfile"
)

// readAccounts reads the accounts from the YAML tree, in which a system_id keeps its case and
// its dots.
func readAccounts(l *loader) {
	n := l.doc.trees["accounts"]
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		l.tree("accounts", n, fieldsByKey["accounts"].Wanted())
		return
	}
	l.cfg.Accounts = make(map[string]Account)
	seen := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], yamlfile.Resolve(n.Content[i+1])
		key := accountKey(k.Value)
		if first, ok := seen[k.Value]; ok {
			l.nodeError(k, key, problem{"given twice", fmt.Sprintf("first on line %d", first)})
			continue
		}
		seen[k.Value] = k.Line
		if p := checkSystemID(k); p != nil {
			l.nodeError(k, key, *p)
			continue
		}
		if v.Kind != yaml.MappingNode && !yamlfile.IsNull(v) {
			l.nodeError(k, key, problem{"found " + kindOfNode(v), "a mapping such as {track: {when: all}}"})
			continue
		}
		l.doc.given[key] = given{at: place{l.doc.file, k.Line, k.Column}}
		l.cfg.Accounts[k.Value] = readAccount(l, key, v)
	}
}

// readAccount reads one account. It takes the general settings where the account has none.
func readAccount(l *loader, key string, n *yaml.Node) Account {
	d := &document{file: l.doc.file, given: l.doc.given}
	s := schemaOf(key)
	d.walk(s, "", n, make(map[string]any))
	l.take(d.errs)
	a := l.cfg.general()
	a.Listed = true
	to := reflect.ValueOf(&a).Elem()
	for _, f := range accountFields {
		if g, ok := l.doc.given[s.prefix+f.Key]; ok {
			l.store(f, s.prefix+f.Key, g, to)
		}
	}
	return a
}

// accountKey returns the key of an account for messages. It is in quotes if it would look
// like several keys.
func accountKey(systemID string) string {
	plain := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-')
	}
	if systemID != "" && strings.TrimFunc(systemID, plain) == "" {
		return "accounts." + systemID
	}
	return fmt.Sprintf("accounts.%q", systemID)
}

// checkSystemID refuses a name that no bind can carry.
func checkSystemID(k *yaml.Node) *problem {
	if k.Kind != yaml.ScalarNode || yamlfile.IsNull(k) || k.Value == "" {
		return &problem{"not a system_id", "the name that the ESME binds with"}
	}
	return (*problem)(setting.CheckSystemID(k.Value))
}
