package config

import (
	"bytes"
	"cmp"
	"os"
	"reflect"
	"slices"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
	"readback/internal/yamlfile"
)

// Load reads the configuration: defaults, then the file, then the environment, then the
// flags. A later source overrides an earlier one. If path is empty, --config or
// READBACK_CONFIG names the file; without these there is none. flags may be nil.
//
// An error is always an Errors with everything that is wrong. Then only the Warnings of the
// Config are set.
func Load(path string, flags *pflag.FlagSet) (Config, error) {
	l := newLoader(path)
	l.open(flags)
	l.read()
	return l.finish()
}

// loader collects one configuration.
type loader struct {
	viper  *viper.Viper
	doc    *document
	flags  map[string]given // by key, the values of the command line
	cfg    Config
	failed map[string]bool // keys that have an error
	errs   Errors

	pending map[string]string // for CheckReload: by key, values of the start that only a restart changes
}

func newLoader(path string) *loader {
	l := &loader{
		doc: newDocument(path), flags: make(map[string]given), cfg: Default(), failed: make(map[string]bool),
	}
	l.viper = viper.NewWithOptions(viper.WithDecoderRegistry(l.doc))
	l.viper.SetConfigType("yaml")
	return l
}

// open connects environment and flags to viper and finds the name of the file.
func (l *loader) open(flags *pflag.FlagSet) {
	l.viper.AllowEmptyEnv(true) // READBACK_OPS_ADDR= disables it, as "" does in the file
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

// bind connects a key to its variable. viper fails only without a key.
func (l *loader) bind(key, variable string) { _ = l.viper.BindEnv(key, variable) }

// read reads the file, if there is one.
func (l *loader) read() {
	if l.doc.file == "" {
		return
	}
	data, p := yamlfile.Read(l.doc.file)
	if p != nil {
		l.errs = append(l.errs, &Error{File: l.doc.file, Problem: p.What, Hint: p.Hint})
		return
	}
	l.decode(data)
}

func (l *loader) decode(data []byte) {
	if err := l.viper.ReadConfig(bytes.NewReader(data)); err != nil {
		l.errs = append(l.errs, &Error{File: l.doc.file, Problem: err.Error()})
	}
	l.take(l.doc.errs)
	if len(l.doc.given) == 0 && len(l.errs) == 0 {
		l.cfg.empty = l.doc.file
	}
}

// take adds errors and remembers their keys.
func (l *loader) take(errs Errors) {
	l.errs = append(l.errs, errs...)
	for _, e := range errs {
		l.failed[e.Key] = true
	}
}

// finish checks what was read and returns it.
func (l *loader) finish() (Config, error) {
	l.settings()
	readAccounts(l)
	readAPIKeys(l)
	readCertificates(l)
	readOperators(l)
	readUsers(l)
	readNumbers(l)
	readSMS(l)
	readPassword(l)
	readProofKeys(l)
	readWebhookSecrets(l)
	readOTLPHeaders(l)
	checkAll(l)
	warnAll(l)
	findExposed(l)
	l.cfg.Warnings, l.cfg.Exposed = firstOf(l.cfg.Warnings), firstOf(l.cfg.Exposed)
	noteSources(l)
	noteFiles(l)
	if len(l.errs) > 0 {
		return Config{Warnings: l.cfg.Warnings}, l.errs.Sorted()
	}
	return l.cfg, nil
}

// origin returns the value that was given for a key by the source that overrides the others,
// as viper decides. ok is false where the default holds.
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

// settings checks each value that was given and stores it.
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
	// Errors of one line are in the order of the line.
	slices.SortStableFunc(all, func(a, b one) int { return cmp.Compare(a.g.at.column, b.g.at.column) })
	cfg := reflect.ValueOf(&l.cfg).Elem()
	for _, o := range all {
		l.store(o.f, o.f.Key, o.g, cfg)
	}
}

// store parses a value and stores it, or adds an error.
func (l *loader) store(f setting.Field, key string, g given, in reflect.Value) {
	v, p := f.Parse(g.value, g.plain)
	if p != nil {
		l.fail(key, g, (*problem)(p))
		return
	}
	f.Set(in, v)
}

// fail adds an error about a value that was given.
func (l *loader) fail(key string, g given, p *problem) {
	l.failed[key] = true
	l.errs = append(l.errs, &Error{
		File: g.at.file, Line: g.at.line, Key: key, Value: g.text, Problem: p.What, Hint: p.Hint,
	})
}

// anyFailed reports whether one of the keys, or a section that contains one, has an error.
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

// tree adds the error that a whole subtree has the wrong type.
func (l *loader) tree(key string, n *yaml.Node, wanted string) {
	l.nodeError(n, key, problem{"found " + kindOfNode(n), wanted})
	l.failed[key] = true
}

// nodeError adds an error about a node whose value must not be shown.
func (l *loader) nodeError(n *yaml.Node, key string, p problem) {
	l.failed[key] = true
	l.errs = append(l.errs, &Error{File: l.doc.file, Line: n.Line, Key: key, Problem: p.What, Hint: p.Hint})
}
