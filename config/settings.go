package config

import (
	"cmp"
	"os"
	"reflect"
	"slices"

	"readback/internal/setting"
)

// origin returns what was given for a key by the source that wins, as viper
// decides; ok is false where the default stands.
func (l *loader) origin(key string) (g given, ok bool) {
	if g, ok = l.flags[key]; ok {
		return g, true
	}
	if f, isKey := fieldsByKey[key]; isKey {
		if text, set := os.LookupEnv(envName(key)); set {
			return given{at: place{file: envName(key)}, text: f.Show(text), plain: true}, true
		}
	}
	g, ok = l.doc.given[key]
	return g, ok
}

// settings checks each value that was given and puts it in its place.
func (l *loader) settings() {
	type one struct {
		f setting.Field
		g given
	}
	var all []one
	for _, f := range fields {
		if g, ok := l.origin(f.Key); ok && !f.IsTree() {
			g.value = l.viper.Get(f.Key)
			all = append(all, one{f, g})
		}
	}
	// The errors of one line come in its order.
	slices.SortStableFunc(all, func(a, b one) int { return cmp.Compare(a.g.at.column, b.g.at.column) })
	cfg := reflect.ValueOf(&l.cfg).Elem()
	for _, o := range all {
		l.store(o.f, o.f.Key, o.g, cfg)
	}
}

// store parses a value into its place, or keeps the error.
func (l *loader) store(f setting.Field, key string, g given, in reflect.Value) {
	v, p := f.Parse(g.value, g.plain)
	if p != nil {
		l.fail(key, g, (*problem)(p))
		return
	}
	f.Set(in, v)
}

// fail keeps an error about a value that was given.
func (l *loader) fail(key string, g given, p *problem) {
	l.failed[key] = true
	l.errs = append(l.errs, &Error{
		File: g.at.file, Line: g.at.line, Key: key, Value: g.text, Problem: p.What, Hint: p.Hint,
	})
}

// numbers chooses the marker's range where the marker is the carriage and the
// operator left the range open.
func (l *loader) numbers() {
	if l.cfg.Track.Carriage != "text" {
		return
	}
	if _, given := l.origin("track.numbers.first"); !given {
		l.cfg.Relay.First = 0
	}
	if _, given := l.origin("track.numbers.last"); !given {
		l.cfg.Relay.Last = 255
	}
}

// anyFailed reports whether one of the keys, or a section that holds one, has been
// complained about.
func (l *loader) anyFailed(keys []string) bool {
	return slices.ContainsFunc(keys, func(k string) bool {
		for ; k != ""; k = setting.Parent(k) {
			if l.failed[k] {
				return true
			}
		}
		return false
	})
}
