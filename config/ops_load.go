package config

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// LoadOps reads what a command must know to ask a running gateway: the settings of ops, but for the operators. It
// reads them as Load does, and refuses only what is wrong with them, or with the file as a whole: a gateway can be
// asked although its file was spoiled after it began.
func LoadOps(flags *pflag.FlagSet) (Ops, error) {
	l := newLoader("")
	l.open(flags)
	l.read()
	l.settings()
	l.errs = slices.DeleteFunc(l.errs, func(e *Error) bool { return !concernsOps(e) })
	if len(l.errs) > 0 {
		return Ops{}, l.errs.Sorted()
	}
	return l.cfg.Ops, nil
}

// concernsOps reports whether an error is about a setting of ops, about the file as a whole, or about --set, which
// is the caller's own.
func concernsOps(e *Error) bool {
	switch {
	case e.File == "--"+flagSet || e.Key == "ops":
		return true
	case e.Key == "" && strings.HasPrefix(e.File, envPrefix):
		return strings.HasPrefix(e.File, envName("ops."))
	}
	return e.Key == "" || strings.HasPrefix(e.Key, "ops.")
}
