package config

import (
	"cmp"
	"strings"

	"readback/internal/setting"
)

// about is an error about a setting or a section that Load did not find, such as a certificate that cannot be used.
type about struct {
	key, hint string
	err       error
}

// About returns an error about a setting or a section, with a hint. Locate adds where that was given. About an
// error of About, the first key goes before the second.
func About(key, hint string, err error) error { return &about{key, hint, err} }

// AboutAccount is About for a setting of an account.
func AboutAccount(systemID string, err error) error { return &about{accountKey(systemID), "", err} }

// Error returns the key and the cause.
func (a *about) Error() string { return a.key + ": " + a.err.Error() }

// Unwrap returns the cause.
func (a *about) Unwrap() error { return a.err }

// Locate returns an error as Errors, with the place of each setting that it is about, if the whole of it is about
// settings. Else it returns the error as it is.
func (c Config) Locate(err error) error {
	if all, ok := c.locate(err); ok {
		return all.Sorted()
	}
	return err
}

func (c Config) locate(err error) (all Errors, ok bool) {
	switch e := err.(type) { // errors.As would leave out all but the first
	case Errors:
		return e, true
	case *Error:
		return Errors{e}, true
	case *about:
		return Errors{c.place(e)}, true
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			more, ok := c.locate(one)
			if !ok {
				return nil, false
			}
			all = append(all, more...)
		}
		return all, len(all) > 0
	}
	return nil, false
}

// place returns the error that names the key and where it was given: a section where the first of its keys was.
func (c Config) place(a *about) *Error {
	key, hint, cause := a.key, a.hint, a.err
	for inner, ok := cause.(*about); ok; inner, ok = cause.(*about) { // only what is directly inside
		key, hint, cause = setting.Join(key, inner.key), cmp.Or(inner.hint, hint), inner.err
	}
	from := c.sourceOf(key)
	for k, s := range c.sources {
		if strings.HasPrefix(k, key+".") && (from.Kind == FromDefault || s.Line > 0 && s.Line < from.Line) {
			from = s
		}
	}
	e := &Error{File: from.Name, Line: from.Line, Key: key, Problem: strings.ReplaceAll(cause.Error(), "\n", "; "), Hint: hint}
	if f, ok := fieldsByKey[key]; ok && !f.IsTree() {
		e.Value = c.text(key)
	}
	return e
}

// text returns the value of a general setting as it may be shown.
func (c Config) text(key string) string {
	for _, v := range c.Values() {
		if v.Key == key {
			return v.Text
		}
	}
	return ""
}
