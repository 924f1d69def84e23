package config

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// CheckReload checks what a reload would put in force in a gateway: the settings of next that change at run time, and
// those of start, with which it was started, that need a restart. Each configuration may be right in itself, and both
// together wrong. Such an error names what needs the restart. before is the configuration that was read last.
func CheckReload(start, before, next Config) error {
	if next.empty != "" && before.empty == "" {
		return Errors{&Error{File: next.empty, Problem: "the file is empty; the configuration before stays in force", Hint: "write the file whole, or restart the gateway for the defaults"}}
	}
	l := newLoader("")
	l.cfg, l.pending = next, make(map[string]string)
	l.keep(start)
	if len(l.pending) == 0 {
		return nil
	}
	l.origins(start, next)
	checkAll(l)
	if len(l.errs) == 0 {
		return nil
	}
	return l.errs.Sorted()
}

// keep takes the settings of start that need a restart. Where they differ, they are pending.
func (l *loader) keep(start Config) {
	from, to := reflect.ValueOf(start), reflect.ValueOf(&l.cfg).Elem()
	for _, f := range fields {
		if f.Live {
			continue
		}
		if _, differs := change(f, from, to); differs {
			l.pending[f.Key] = textOf(f, from)
		}
		to.FieldByIndex(f.Index).Set(from.FieldByIndex(f.Index))
	}
}

// origins notes where the settings were given. What the gateway was started with has no place: the file may be another
// one by now.
func (l *loader) origins(start, next Config) {
	values := reflect.ValueOf(l.cfg)
	note := func(all map[string]Source, isLive bool) {
		for key, s := range all {
			f, isGeneral := fieldsByKey[key]
			if (f.Live || !isGeneral) != isLive {
				continue
			}
			var g given
			if isLive {
				g.at = place{file: s.Name, line: s.Line}
			}
			if isGeneral && !f.IsTree() {
				g.text = textOf(f, values)
			}
			l.doc.given[key] = g
		}
	}
	note(start.sources, false)
	note(next.sources, true)
}

// maxPending is how many settings an error names that need a restart.
const maxPending = 3

// withPending adds to a problem with settings what it is that needs a restart: those of the keys, or all if none of
// the keys does.
func (l *loader) withPending(p problem, keys []string) problem {
	var all, own []string
	for key, value := range l.pending {
		all = append(all, key)
		if slices.Contains(keys, key) {
			own = append(own, key+" is "+cmp.Or(value, "empty"))
		}
	}
	if len(own) > 0 {
		slices.Sort(own)
		return problem{p.What + "; until a restart " + strings.Join(own, " and "), p.Hint}
	}
	slices.Sort(all)
	more := ""
	if len(all) > maxPending {
		all, more = all[:maxPending], " and others"
	}
	return problem{p.What + "; changed, and waiting for a restart: " + strings.Join(all, ", ") + more, p.Hint}
}
