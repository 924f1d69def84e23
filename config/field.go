package config

import (
	"reflect"
	"strings"
	"time"

	"readback/internal/account"
)

// field is one key with a value, as the struct tags describe it: key is its name,
// doc its meaning, and oneof, later, among, range, form, word, hex, empty, follows,
// example and secret say what it takes and how it is shown.
type field struct {
	key   string
	index []int // of reflect.Value.FieldByIndex
	typ   reflect.Type
	tag   reflect.StructTag
}

var (
	fields        = fieldsOf(reflect.TypeFor[Config](), "", nil)
	accountFields = fieldsOf(reflect.TypeFor[Account](), "", nil)
	fieldsByKey   = byKey(fields)
	sections      = sectionsOf(fields)
)

// fieldsOf lists the keys under a struct, in the order of its fields.
func fieldsOf(t reflect.Type, prefix string, index []int) []field {
	var all []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, ok := sf.Tag.Lookup("key")
		if !ok {
			continue
		}
		f := field{key: join(prefix, name), index: append(index[:len(index):len(index)], i), typ: sf.Type, tag: sf.Tag}
		if sf.Type.Kind() == reflect.Struct {
			all = append(all, fieldsOf(sf.Type, f.key, f.index)...)
			continue
		}
		all = append(all, f)
	}
	return all
}

func byKey(fs []field) map[string]field {
	m := make(map[string]field, len(fs))
	for _, f := range fs {
		m[f.key] = f
	}
	return m
}

// sectionsOf returns the keys that hold other keys.
func sectionsOf(fs []field) map[string]bool {
	m := make(map[string]bool)
	for _, f := range fs {
		for p := parent(f.key); p != ""; p = parent(p) {
			m[p] = true
		}
	}
	return m
}

// isTree tells whether the value has keys of its own kind, which only the file
// can hold.
func (f field) isTree() bool { return f.isMap() || f.typ == reflect.TypeFor[[]APIKey]() }

// isOwn tells whether a key of an account is its own, and not one of the general
// keys said again for it.
func (f field) isOwn() bool { return f.tag.Get("doc") != "" }

// described returns the field whose tags describe a key of an account.
func (f field) described() field {
	if f.isOwn() {
		return f
	}
	return fieldsByKey[f.key]
}

// isWritten tells whether the items of a list count as they are written: digits
// are no number here, nor is a leading zero one for octal.
func (f field) isWritten() bool { return f.typ == reflect.TypeFor[[]account.AddressRange]() }

func (f field) isMap() bool { return f.typ == reflect.TypeFor[map[string]Account]() }

func (f field) isDuration() bool { return f.typ == reflect.TypeFor[time.Duration]() }

// list splits a tag into its words.
func (f field) list(tag string) []string {
	s := f.tag.Get(tag)
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

func parent(key string) string {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return ""
	}
	return key[:i]
}
