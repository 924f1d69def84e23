package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"readback/internal/setting"
)

var (
	fields        = setting.Fields(reflect.TypeFor[Config]())
	accountFields = slices.DeleteFunc(setting.Fields(reflect.TypeFor[Account]()), isGeneral)
	fieldsByKey   = byKey(fields)
	sections      = setting.Sections(reflect.TypeFor[Config]())
)

// schema holds the keys that are allowed in one tree.
type schema struct {
	prefix   string // of the keys, in messages
	fields   map[string]setting.Field
	sections map[string]string
	later    []string
}

var global = schema{fields: fieldsByKey, sections: sections, later: laterKeys}

// schemaOf returns the keys of one account.
func schemaOf(account string) schema {
	return schema{
		prefix: account + ".", fields: byKey(accountFields), sections: setting.Sections(reflect.TypeFor[Account]()),
		later: laterAccountKeys,
	}
}

func byKey(fs []setting.Field) map[string]setting.Field {
	m := make(map[string]setting.Field, len(fs))
	for _, f := range fs {
		m[f.Key] = f
	}
	return m
}

// isSection reports whether the key holds other keys.
func (s schema) isSection(key string) bool {
	_, ok := s.sections[key]
	return ok
}

// names lists all keys, including sections.
func (s schema) names() []string {
	return slices.AppendSeq(slices.Collect(maps.Keys(s.fields)), maps.Keys(s.sections))
}

// laterKeys are keys of later releases. Each stands for all keys under it.
var laterKeys = []string{
	"smsc.outbind",
	"relay.tls",
}

// laterAccountKeys are those of an account; there are none now.
var laterAccountKeys []string

func isLater(later []string, key string) bool {
	return slices.ContainsFunc(later, func(l string) bool { return key == l || strings.HasPrefix(key, l+".") })
}

// isGeneral reports whether a setting is for all accounts only, although it is in the same
// struct.
func isGeneral(f setting.Field) bool { return f.Tag.Get("account") == "no" }

// isOwn reports whether a key of an account exists only there, and not among the general
// keys.
func isOwn(f setting.Field) bool {
	_, general := fieldsByKey[f.Key]
	return !general
}
