package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
)

// origin returns what was given for a key by the source that wins, as viper
// decides; ok is false where the default stands.
func (l *loader) origin(key string) (g given, ok bool) {
	if g, ok = l.flags[key]; ok {
		return g, true
	}
	if f, isKey := fieldsByKey[key]; isKey {
		if text, set := os.LookupEnv(envName(key)); set {
			return given{at: place{file: envName(key)}, text: f.show(text), plain: true}, true
		}
	}
	g, ok = l.doc.given[key]
	return g, ok
}

// settings checks each value that was given and puts it in its place.
func (l *loader) settings() {
	cfg := reflect.ValueOf(&l.cfg).Elem()
	for _, f := range fields {
		g, ok := l.origin(f.key)
		if !ok || f.isTree() {
			continue
		}
		g.value = l.viper.Get(f.key)
		l.store(f, f.key, g, cfg.FieldByIndex(f.index))
	}
}

// store parses a value into its place, or keeps the error.
func (l *loader) store(f field, key string, g given, to reflect.Value) {
	v, p := f.parse(g.value, g.plain)
	if p != nil {
		l.fail(key, g, p)
		return
	}
	to.Set(reflect.ValueOf(v).Convert(to.Type()))
}

// fail keeps an error about a value that was given.
func (l *loader) fail(key string, g given, p *problem) {
	l.failed[key] = true
	l.errs = append(l.errs, &Error{
		File: g.at.file, Line: g.at.line, Key: key, Value: g.text, Problem: p.what, Hint: p.hint,
	})
}

// show returns a value as it may be printed: without what stands before the @ of
// a server address, which may be a password, and not at all if all of it is secret.
func (f field) show(text string) string {
	switch f.tag.Get("secret") {
	case "all":
		return ""
	case "userinfo":
		if i := strings.LastIndexByte(text, '@'); i >= 0 {
			return hidden + text[i:]
		}
	}
	return text
}

// numbers chooses the marker's range where the marker is the carriage and the
// operator left the range open.
func (l *loader) numbers() {
	t := &l.cfg.Track
	if t.Carriage != "text" {
		return
	}
	if _, given := l.origin("track.numbers.first"); !given {
		t.Numbers.First = 0
	}
	if _, given := l.origin("track.numbers.last"); !given {
		t.Numbers.Last = 255
	}
}

// anyFailed tells whether one of the keys, or a section that holds one, has been
// complained about.
func (l *loader) anyFailed(keys []string) bool {
	return slices.ContainsFunc(keys, func(k string) bool {
		for ; k != ""; k = parent(k) {
			if l.failed[k] {
				return true
			}
		}
		return false
	})
}
