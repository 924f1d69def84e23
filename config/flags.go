package config

import (
	"strings"

	"github.com/spf13/pflag"

	"readback/internal/setting"
)

const (
	flagConfig   = "config"
	flagSet      = "set"
	flagLogLevel = "log-level"
)

// RegisterFlags adds the flags that Load understands: --config FILE,
// --set KEY=VALUE, which may be repeated, and --log-level LEVEL.
func RegisterFlags(flags *pflag.FlagSet) {
	flags.String(flagConfig, "", "configuration `FILE` (or READBACK_CONFIG)")
	flags.StringArray(flagSet, nil, "set one key: `KEY=VALUE`, such as track.carriage=auto; may be repeated")
	flags.String(flagLogLevel, "", "least `LEVEL` that is logged: debug, info, warn or error")
}

// bindFlags reads the flags that exist and were given.
func (l *loader) bindFlags(flags *pflag.FlagSet) {
	if flags == nil {
		return
	}
	for flag, key := range map[string]string{flagConfig: flagConfig, flagSet: flagSet, flagLogLevel: "log.level"} {
		f := flags.Lookup(flag)
		if f == nil {
			continue
		}
		_ = l.viper.BindPFlag(key, f) // fails only for a nil flag
		if flag == flagConfig && f.Changed && f.Value.String() == "" {
			l.errs = append(l.errs, &Error{File: "--" + flagConfig, Problem: "no file", Hint: "the path of one; without --config, the defaults hold"})
		}
		if flag == flagLogLevel && f.Changed {
			l.flags[key] = given{at: place{file: "--" + flagLogLevel}, text: f.Value.String(), plain: true}
		}
	}
	for _, pair := range l.viper.GetStringSlice(flagSet) {
		l.set(pair)
	}
}

// set reads one --set KEY=VALUE. A message shows the value only if the key is valid.
func (l *loader) set(pair string) {
	const name = "--" + flagSet
	key, text, ok := strings.Cut(pair, "=")
	f, known := fieldsByKey[key]
	e := &Error{File: name, Key: key}
	switch {
	case !ok:
		e.Problem, e.Hint = "no value", "KEY=VALUE, such as track.carriage=auto"
	case isLater(laterKeys, key):
		e.Problem, e.Hint = setting.NotYet, "leave it out"
	case known && f.IsTree() || strings.HasPrefix(key, "accounts."):
		e.Problem, e.Hint = "cannot be set by a flag", "write it in the file"
	case global.isSection(key):
		e.Problem, e.Hint = "a section", "its keys one by one"
	case !known:
		e.Problem, e.Hint = "unknown key", nearestKey(global, key)
	default:
		l.viper.Set(key, text)
		l.flags[key] = given{at: place{file: name}, text: f.Show(text), plain: true}
		return
	}
	l.errs = append(l.errs, e)
}
