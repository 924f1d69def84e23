package config

import (
	"cmp"
	"fmt"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
	"readback/internal/yamlfile"
)

// document reads the YAML for viper. It keeps what viper drops: the line of each value, the
// spelling of the keys, and the errors. Wrong values do not reach viper.
type document struct {
	file  string
	given map[string]given
	trees map[string]*yaml.Node // values that only the file can hold
	errs  Errors
}

// given is a value as the operator wrote it, and its place.
type given struct {
	at    place
	text  string // as written, without secrets; empty for lists
	value any    // as YAML decodes it
	plain bool   // from the environment or a flag, where all values are text
}

func newDocument(file string) *document {
	return &document{file: file, given: make(map[string]given), trees: make(map[string]*yaml.Node)}
}

// Decoder returns the document as viper's decoder for the file (viper.DecoderRegistry).
func (d *document) Decoder(string) (viper.Decoder, error) { return d, nil }

// Decode implements viper.Decoder. It never fails: errors are kept for Load.
func (d *document) Decode(data []byte, into map[string]any) error {
	top, e := yamlfile.Parse(d.file, data)
	if e != nil {
		e.Hint = cmp.Or(e.Hint, "readback check --sample prints a file that is right")
		d.errs = append(d.errs, e)
	}
	if top == nil {
		return nil
	}
	switch {
	case yamlfile.IsNull(top):
	case top.Kind != yaml.MappingNode:
		d.wrong(top, "", problem{"found " + kindOfNode(top), yamlfile.WantMapping(top, "sections such as listen: and smsc:")})
	default:
		d.walk(global, "", top, into)
	}
	return nil
}

// walk reads the pairs of one mapping. key is the mapping's own key, empty at the top.
func (d *document) walk(s schema, key string, n *yaml.Node, into map[string]any) {
	seen := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], yamlfile.Resolve(n.Content[i+1])
		full := setting.Join(key, k.Value)
		if first, ok := seen[k.Value]; ok {
			d.wrong(k, s.prefix+full, problem{"given twice", fmt.Sprintf("first on line %d", first)})
			continue
		}
		seen[k.Value] = k.Line
		d.pair(s, full, k, v, into)
	}
}

func (d *document) pair(s schema, key string, k, v *yaml.Node, into map[string]any) {
	f, known := s.fields[key]
	switch {
	case k.Kind != yaml.ScalarNode || k.ShortTag() == "!!merge":
		d.wrong(k, s.prefix+setting.Parent(key), problem{"a key that is not a name", "write the keys out"})
	case isLater(s.later, key):
		if !isEmpty(v) {
			d.wrong(k, s.prefix+key, problem{setting.NotYet, "leave it out"})
		}
	case s.isSection(key):
		d.section(s, key, k, v, into)
	case !known:
		d.wrong(k, s.prefix+key, problem{"unknown key", d.nearestKey(s, key)})
	case yamlfile.IsNull(v):
		d.wrong(k, s.prefix+key, problem{"no value", f.Wanted() + "; or leave the key out"})
	case f.IsTree():
		d.given[s.prefix+key] = given{at: place{d.file, k.Line, k.Column}}
		d.trees[key] = v
	default:
		d.value(s, f, k, v, into)
	}
}

func (d *document) section(s schema, key string, k, v *yaml.Node, into map[string]any) {
	switch {
	case yamlfile.IsNull(v): // a section whose keys are all commented out
	case v.Kind != yaml.MappingNode:
		d.wrong(k, s.prefix+key, problem{"found " + kindOfNode(v), yamlfile.WantMapping(v, "a mapping of keys")})
	default:
		inner := make(map[string]any)
		into[k.Value] = inner
		d.walk(s, key, v, inner)
	}
}

func (d *document) value(s schema, f setting.Field, k, v *yaml.Node, into map[string]any) {
	value, text, ok := decode(v)
	if f.IsWritten() && ok {
		value = written(v, value)
	}
	if !ok {
		d.wrong(k, s.prefix+f.Key, problem{"found " + kindOfNode(v), f.Wanted()})
		return
	}
	into[k.Value] = value
	d.given[s.prefix+f.Key] = given{at: place{d.file, k.Line, k.Column}, text: f.Show(text), value: value}
}

// nearestKey is nearestKey for the errors that are shown.
func (d *document) nearestKey(s schema, key string) string {
	if len(d.errs) >= setting.MaxErrors {
		return ""
	}
	hint := nearestKey(s, key)
	if lacksSection(s, key) {
		hint += " Indent it below its section"
	}
	return hint
}

// wrong adds an error about a node. key is empty if the error is about the whole file.
func (d *document) wrong(n *yaml.Node, key string, p problem) {
	d.errs = append(d.errs, &Error{File: d.file, Line: n.Line, Key: key, Problem: p.What, Hint: p.Hint})
}
