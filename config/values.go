package config

import (
	"cmp"
	"fmt"
	"os"
	"reflect"
	"strings"

	"readback/internal/setting"
)

// Kinds of sources.
const (
	FromDefault = "default"
	FromFile    = "file"
	FromEnv     = "env"
	FromFlag    = "flag"
)

// Source is where the value of a setting was given.
type Source struct {
	Kind string // FromDefault, FromFile, FromEnv or FromFlag
	Name string // of the file, the variable or the flag; empty for a default
	Line int    // in the file, from 1; 0 elsewhere
}

// String returns the source as messages have it, such as readback.yaml:12.
func (s Source) String() string {
	switch {
	case s.Kind == FromDefault:
		return FromDefault
	case s.Line == 0:
		return s.Name
	}
	return fmt.Sprintf("%s:%d", s.Name, s.Line)
}

// Value is a setting in force, as text.
type Value struct {
	Key    string
	Text   string // as the file would have it, without quotes; of a secret only whether it is set
	Source Source
	Live   bool // a change holds without a restart
}

// Values lists all settings with their values: first the general ones in the order of the reference, then those
// that an account has for itself, by system_id.
func (c Config) Values() []Value {
	var all []Value
	in := reflect.ValueOf(c)
	for _, f := range fields {
		if !isMap(f) {
			all = append(all, Value{f.Key, textOf(f, in), c.sourceOf(f.Key), f.Live})
		}
	}
	general := c.general()
	for _, id := range systemIDs(c) {
		key := accountKey(id)
		all = append(all, Value{key, listed, c.sourceOf(key), true})
		of := reflect.ValueOf(c.Accounts[id])
		for _, f := range accountFields {
			if c.isOwn(id, f, general) {
				all = append(all, Value{key + "." + f.Key, textOf(f, of), c.sourceOf(key + "." + f.Key), true})
			}
		}
	}
	return all
}

// listed and unlisted are the values of an account as a whole.
const (
	listed   = "listed"
	unlisted = "not listed"
)

// sourceOf returns the source of a setting. An account has the general source where it has no value of its own.
func (c Config) sourceOf(key string) Source {
	if s, ok := c.sources[key]; ok {
		return s
	}
	return Source{Kind: FromDefault}
}

// isOwn reports whether an account has a setting for itself. general has those of an account that is not listed.
func (c Config) isOwn(id string, f setting.Field, general Account) bool {
	a, isListed := c.Accounts[id]
	if _, given := c.sources[accountKey(id)+"."+f.Key]; given || !isListed {
		return given
	}
	return !reflect.DeepEqual(reflect.ValueOf(general).FieldByIndex(f.Index).Interface(), reflect.ValueOf(a).FieldByIndex(f.Index).Interface())
}

// noteSources keeps where each value was given, for Values.
func noteSources(l *loader) {
	all := make(map[string]Source)
	for key, g := range l.doc.given {
		all[key] = Source{FromFile, g.at.file, g.at.line}
	}
	for _, f := range fields {
		if _, set := os.LookupEnv(envName(f.Key)); set && !f.IsTree() {
			all[f.Key] = Source{Kind: FromEnv, Name: envName(f.Key)}
		}
	}
	for key, g := range l.flags {
		all[key] = Source{Kind: FromFlag, Name: g.at.file}
	}
	if len(all) > 0 {
		l.cfg.sources = all
	}
}

// isSet is the text of a secret that is there.
const isSet = "set"

// textOf returns the text of a setting that may be shown.
func textOf(f setting.Field, in reflect.Value) string {
	v := in.FieldByIndex(f.Index)
	switch {
	case f.IsTree():
		return itemsText(v)
	case f.Tag.Get("secret") == "all" && v.IsZero():
		return ""
	case f.Tag.Get("secret") == "all":
		return isSet
	}
	return f.Show(f.Plain(in))
}

// itemsText lists the items of a list of mappings by name, with what they may do and without what proves who
// they are.
func itemsText(list reflect.Value) string {
	all := make([]string, list.Len())
	for i := range all {
		item := list.Index(i)
		all[i] = item.FieldByName("Name").String()
		var more []string
		for _, name := range []string{"Roles", "Scopes", "Accounts", "Rate", "Certificate", "Full"} {
			if v := item.FieldByName(name); v.IsValid() && !v.IsZero() {
				more = append(more, strings.ToLower(name)+" "+fmt.Sprint(v.Interface()))
			}
		}
		if len(more) > 0 {
			all[i] += " (" + strings.Join(more, "; ") + ")"
		}
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// Change is a setting that differs between two configurations.
type Change struct {
	Key      string
	Account  string // the system_id whose setting it is; empty for a general one
	From, To string // of a secret: set, changed, or empty for none
	Source   Source // of the value in the second configuration
	Live     bool   // it holds without a restart
}

// Changes lists what differs between two configurations, in the order of Values. A general setting that many
// accounts take over is listed once.
func Changes(before, after Config) []Change {
	var all []Change
	a, b := reflect.ValueOf(before), reflect.ValueOf(after)
	for _, f := range fields {
		if c, differs := change(f, a, b); differs && !isMap(f) {
			c.Key, c.Source = f.Key, after.sourceOf(f.Key)
			all = append(all, c)
		}
	}
	sides := [2]side{{before, before.general()}, {after, after.general()}}
	for _, id := range systemIDs(before, after) {
		all = append(all, accountChanges(sides, id)...)
	}
	return all
}

// side is one of two configurations that are compared.
type side struct {
	Config
	unlisted Account // what holds for an account that is not listed
}

func (s *side) account(id string) (a Account, isListed bool) {
	if a, isListed = s.Accounts[id]; !isListed {
		a = s.unlisted
	}
	return a, isListed
}

// accountChanges lists what differs for one account that at least one configuration lists.
func accountChanges(sides [2]side, id string) (all []Change) {
	before, after := &sides[0], &sides[1]
	old, isOld := before.account(id)
	now, isNow := after.account(id)
	key := accountKey(id)
	switch {
	case !isOld:
		all = append(all, Change{key, id, unlisted, listed, after.sourceOf(key), true})
	case !isNow:
		all = append(all, Change{key, id, listed, unlisted, after.sourceOf(key), true})
	}
	a, b := reflect.ValueOf(old), reflect.ValueOf(now)
	for _, f := range accountFields {
		own := before.isOwn(id, f, before.unlisted) || after.isOwn(id, f, after.unlisted)
		if c, differs := change(f, a, b); differs && own {
			c.Key, c.Account, c.Live = key+"."+f.Key, id, true
			c.Source = cmp.Or(after.sources[c.Key], after.sourceOf(f.Key))
			all = append(all, c)
		}
	}
	return all
}

// change returns what differs in one setting of two structs.
func change(f setting.Field, before, after reflect.Value) (c Change, differs bool) {
	if reflect.DeepEqual(before.FieldByIndex(f.Index).Interface(), after.FieldByIndex(f.Index).Interface()) {
		return c, false
	}
	if isMap(f) {
		return c, true
	}
	c = Change{From: textOf(f, before), To: textOf(f, after), Live: f.Live}
	if c.From == c.To { // what is hidden differs
		c.To += " (credentials changed)"
		if f.Tag.Get("secret") == "all" {
			c.To = "changed"
		}
	}
	return c, true
}
