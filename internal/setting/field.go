// Package setting describes settings by the tags of struct fields: their keys, defaults
// and explanations, and what values they take. It parses and prints such values.
//
// A setting is one field:
//
//	Keep time.Duration `key:"relay.keep" default:"168h" range:"1h..8760h" doc:"how long a message can be read"`
//
// These tags say what the field takes and how it is shown:
//
//	default    the value without one from the operator, as READBACK_… would have it; none is the zero value
//	doc        what it means
//	live       "yes" if a running process takes a change on; on a section, for all keys in it
//	range      the least and the greatest number, duration or size
//	among      the numbers that there are
//	oneof      the words that there are; of a number or a bool, those of 0, 1, … or of false, true
//	later      words of a later release
//	old        words of an earlier release, true and false among them
//	word       a word that stands for a duration of 0
//	form       what a text must look like; see forms
//	empty      what an empty text means, where one is allowed in spite of form
//	example    an item of the list
//	wanted     what is wanted in place of a wrong value, for lists and mappings of structs
//	hex        digits of a number that is written in hexadecimal
//	follows    a setting that changes this default
//	account    "no" if no account may have it for itself, though it is in a struct of both
//	secret     "all" if the value must not be shown, "userinfo" for what stands before its @, "file" if it
//	           names files with secrets, "keys" if it names a file with keys, which may be secret
//
// A field of struct type with a key is a section, whose keys begin with its own. One
// without a key is no section: the keys in it count from where it stands.
package setting

import (
	"reflect"
	"strings"
	"time"
)

// Field is one key with a value.
type Field struct {
	Key   string // with the sections that it is in: relay.keep
	Index []int  // of reflect.Value.FieldByIndex
	Type  reflect.Type
	Tag   reflect.StructTag
	Live  bool // a change holds without a restart
}

// Fields lists the settings in a struct type. Those of one section stand together,
// whatever struct they are in.
func Fields(t reflect.Type) []Field { return arrange(appendFields(nil, t, Field{}), "") }

// appendFields appends the settings of a struct that is itself the field in.
func appendFields(all []Field, t reflect.Type, in Field) []Field {
	for sf := range t.Fields() {
		name, isKey := sf.Tag.Lookup("key")
		f := Field{
			Key: in.Key, Index: append(in.Index[:len(in.Index):len(in.Index)], sf.Index...), Type: sf.Type, Tag: sf.Tag,
			Live: in.Live || sf.Tag.Get("live") != "",
		}
		if isKey {
			f.Key = Join(in.Key, name)
		}
		switch {
		case isOpen(sf):
			all = appendFields(all, sf.Type, f)
		case isKey:
			all = append(all, f)
		}
	}
	return all
}

// isOpen reports whether a field is a struct that may have settings in it.
func isOpen(sf reflect.StructField) bool {
	return sf.Type.Kind() == reflect.Struct && (sf.IsExported() || sf.Anonymous)
}

// arrange puts the fields of each section together, where the first of them stands. The
// fields are those of the section itself, which is empty at the top.
func arrange(fs []Field, section string) []Field {
	var names []string
	by := make(map[string][]Field)
	for _, f := range fs {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(f.Key, section), "."), ".")
		if by[name] == nil {
			names = append(names, name)
		}
		by[name] = append(by[name], f)
	}
	all := make([]Field, 0, len(fs))
	for _, name := range names {
		key := Join(section, name)
		if group := by[name]; group[0].Key == key {
			all = append(all, group...)
		} else {
			all = append(all, arrange(group, key)...)
		}
	}
	return all
}

// Sections returns the explanations of the sections, by key. A section without a struct
// of its own has its key in the tag section of a struct field in it.
func Sections(t reflect.Type) map[string]string {
	docs := make(map[string]string)
	addSections(docs, t, "")
	return docs
}

func addSections(docs map[string]string, t reflect.Type, prefix string) {
	for sf := range t.Fields() {
		if !isOpen(sf) {
			continue
		}
		section := prefix
		if name, isKey := sf.Tag.Lookup("key"); isKey {
			section = Join(prefix, name)
			docs[section] = sf.Tag.Get("doc")
		} else if name, isKey := sf.Tag.Lookup("section"); isKey {
			docs[Join(prefix, name)] = sf.Tag.Get("doc")
		}
		addSections(docs, sf.Type, section)
	}
}

// IsTree reports whether the value has keys of its own kind: it is a mapping, or a list of
// structs. Only the file can hold one.
func (f Field) IsTree() bool {
	return f.Type.Kind() == reflect.Map || f.isList() && f.Type.Elem().Kind() == reflect.Struct && !f.hasTextItems()
}

// IsWritten reports whether the items of a list count as they are written: digits are no
// number here, and a leading zero does not stand for octal.
func (f Field) IsWritten() bool { return f.isList() && f.hasTextItems() && f.Type != prefixes }

func (f Field) isList() bool { return f.Type.Kind() == reflect.Slice }

// hasTextItems reports whether the items of a list read themselves.
func (f Field) hasTextItems() bool { return reflect.PointerTo(f.Type.Elem()).Implements(unmarshaler) }

func (f Field) isDuration() bool { return f.Type == reflect.TypeFor[time.Duration]() }

func (f Field) isSize() bool { return f.Type == reflect.TypeFor[Size]() }

func (f Field) isRune() bool { return f.Type.Kind() == reflect.Int32 }

// isWord reports whether the value is written as a word, and is none: a number, or a bool.
func (f Field) isWord() bool {
	return f.Tag.Get("oneof") != "" && (f.Type.Kind() == reflect.Bool || reflect.Zero(f.Type).CanUint())
}

// list splits a tag into its words.
func (f Field) list(tag string) []string {
	s := f.Tag.Get(tag)
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// bounds returns both ends of the range, as written.
func (f Field) bounds() (low, high string, ok bool) { return strings.Cut(f.Tag.Get("range"), "..") }

// Join returns the key of a name in a section, which is empty at the top.
func Join(section, name string) string {
	if section == "" {
		return name
	}
	return section + "." + name
}

// Parent returns the section of a key, empty at the top.
func Parent(key string) string {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return ""
	}
	return key[:i]
}

// Last returns the name of a key in its section.
func Last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }
