package config

import (
	"bytes"
	"os"
	"reflect"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"readback/internal/setting"
)

// Load reads the configuration: defaults, then the file, then the environment,
// then the flags; the later wins. An empty path takes --config or
// READBACK_CONFIG; if there is none either, there is no file. flags may be nil.
//
// Any error is an Errors with all that is wrong, and no setting of that Config
// may be used: its Warnings alone are filled in.
func Load(path string, flags *pflag.FlagSet) (Config, error) {
	l := newLoader(path)
	l.open(flags)
	l.read()
	return l.finish()
}

// loader gathers one configuration.
type loader struct {
	viper  *viper.Viper
	doc    *document
	flags  map[string]given // by key, what the command line sets
	cfg    Config
	failed map[string]bool // keys of which an error has been told already
	errs   Errors
}

func newLoader(path string) *loader {
	l := &loader{
		doc: newDocument(path), flags: make(map[string]given), cfg: Default(), failed: make(map[string]bool),
	}
	l.viper = viper.NewWithOptions(viper.WithDecoderRegistry(l.doc))
	l.viper.SetConfigType("yaml")
	return l
}

// open ties environment and flags to viper and finds the name of the file.
func (l *loader) open(flags *pflag.FlagSet) {
	l.viper.AllowEmptyEnv(true) // READBACK_OPS_ADDR= switches off, as "" does in the file
	l.bind(flagConfig, envFile)
	for _, f := range fields {
		if !f.IsTree() {
			l.viper.SetDefault(f.Key, reflect.ValueOf(l.cfg).FieldByIndex(f.Index).Interface())
			l.bind(f.Key, envName(f.Key))
		}
	}
	l.bindFlags(flags)
	if l.doc.file == "" {
		l.doc.file = l.viper.GetString(flagConfig)
	}
	l.errs = append(l.errs, checkEnvironment()...)
}

// bind ties a key to its variable. viper refuses only a call without a key.
func (l *loader) bind(key, variable string) { _ = l.viper.BindEnv(key, variable) }

// read reads the file, if there is one.
func (l *loader) read() {
	if l.doc.file == "" {
		return
	}
	data, err := os.ReadFile(l.doc.file)
	if err != nil {
		l.errs = append(l.errs, &Error{File: l.doc.file, Problem: setting.Unreadable(err).What})
		return
	}
	l.decode(data)
}

func (l *loader) decode(data []byte) {
	if err := l.viper.ReadConfig(bytes.NewReader(data)); err != nil {
		l.errs = append(l.errs, &Error{File: l.doc.file, Problem: err.Error()})
	}
	l.take(l.doc.errs)
}

// take adds errors and remembers their keys.
func (l *loader) take(errs Errors) {
	l.errs = append(l.errs, errs...)
	for _, e := range errs {
		l.failed[e.Key] = true
	}
}

// finish makes the checked value of all that was read.
func (l *loader) finish() (Config, error) {
	l.settings()
	l.accounts()
	l.apiKeys()
	l.numbers()
	l.readPassword()
	l.readProofKeys()
	l.readWebhookSecrets()
	l.contradictions()
	l.warnings()
	if len(l.errs) > 0 {
		l.errs.sort()
		return Config{Warnings: l.cfg.Warnings}, l.errs
	}
	return l.cfg, nil
}
