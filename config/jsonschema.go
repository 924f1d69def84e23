package config

import (
	"bytes"
	"encoding/json"
	"strings"

	"readback/internal/setting"
)

// JSONSchema returns a JSON Schema (draft 2020-12) of the file, for editors and for checks before a file gets to the
// gateway. It refuses less than Load does: what contradicts something else, for example, only Load sees.
func JSONSchema() []byte {
	top := section("")
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "Configuration of Readback"
	top["type"] = []string{"object", "null"} // an empty file
	general := Default()
	for _, f := range fields {
		switch {
		case isMap(f):
			put(top, f.Key, accountsSchema(f))
		case f.IsTree():
			put(top, f.Key, listOf(f))
		default:
			put(top, f.Key, valueSchema(f, general))
		}
	}
	for key, doc := range sections {
		sectionAt(top, key)["description"] = doc
	}
	for _, key := range laterKeys {
		put(top, key, laterSchema())
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	_ = out.Encode(top) // maps, lists and texts
	return b.Bytes()
}

// section returns the schema of a mapping without keys yet.
func section(doc string) setting.Schema {
	s := setting.Schema{"type": []string{"object", "null"}, "additionalProperties": false, "properties": setting.Schema{}}
	if doc != "" {
		s["description"] = doc
	}
	return s
}

// sectionAt returns the schema of a section, which it makes if it is not there.
func sectionAt(in setting.Schema, key string) setting.Schema {
	for name := range strings.SplitSeq(key, ".") {
		if name == "" {
			continue
		}
		properties := in["properties"].(setting.Schema)
		if properties[name] == nil {
			properties[name] = section("")
		}
		in = properties[name].(setting.Schema)
	}
	return in
}

// put puts the schema of a key where it belongs.
func put(in setting.Schema, key string, s setting.Schema) {
	sectionAt(in, setting.Parent(key))["properties"].(setting.Schema)[setting.Last(key)] = s
}

func valueSchema(f setting.Field, defaults any) setting.Schema {
	s := f.Schema()
	if f.Tag.Get("follows") == "" { // a default that another key changes is none
		if v, ok := f.DefaultValue(defaults); ok {
			s["default"] = v
		}
	}
	return s
}

// accountsSchema is that of the accounts, by system_id.
func accountsSchema(f setting.Field) setting.Schema {
	account := section("")
	for _, f := range accountFields {
		s := f.Schema()
		if !isOwn(f) {
			s["description"] = "the same as " + f.Key + ", for this account: " + f.Meaning()
		}
		put(account, f.Key, s)
	}
	for key := range schemaOf("").sections {
		sectionAt(account, key)["description"] = sections[key]
	}
	const most = 15 // octets
	return setting.Schema{
		"type": "object", "description": f.Meaning(), "additionalProperties": account,
		"propertyNames": setting.Schema{"minLength": 1, "maxLength": most},
	}
}

// laterSchema is that of a key of a later release: a value that asks for nothing.
func laterSchema() setting.Schema {
	return setting.Schema{
		"description": "of a later release",
		"anyOf":       []setting.Schema{{"enum": []any{nil, "", false}}, {"type": "array", "maxItems": 0}, {"type": "object"}},
	}
}

// listOf is the schema of a list of mappings.
func listOf(f setting.Field) setting.Schema {
	return setting.Schema{"type": "array", "description": f.Meaning(), "items": itemSchemas[f.Key]}
}
