package main

import (
	"errors"
	"net/http"
	"slices"

	"readback/config"
	"readback/internal/operator"
)

// reloadReport says what a reload changed: before is what was read before, start what the gateway began with.
func reloadReport(start, before, now config.Config) *operator.Reload {
	r := &operator.Reload{
		Changed: []operator.Change{}, Files: []operator.ChangedFile{}, Restart: []string{}, Warnings: append([]string{}, now.Warnings...),
		Accounts: operator.ChangedAccounts{Added: []string{}, Removed: []string{}, Changed: []string{}},
	}
	waits := waiting(start, now)
	last := ""
	for _, c := range config.Changes(before, now) {
		r.Changed = append(r.Changed, operator.Change{Key: c.Key, From: c.From, To: c.To, Source: sourceJSON(c.Source), Applied: !slices.Contains(waits, c.Key)})
		if c.Account == last {
			continue
		}
		last = c.Account
		to := &r.Accounts.Changed
		switch {
		case !now.Account(c.Account).Listed:
			to = &r.Accounts.Removed
		case !before.Account(c.Account).Listed:
			to = &r.Accounts.Added
		}
		*to = append(*to, c.Account)
	}
	for _, f := range config.ChangedFiles(before, now) {
		r.Files = append(r.Files, operator.ChangedFile{Key: f.Key, Path: f.Path, Applied: !slices.Contains(waits, f.Key)})
	}
	r.Restart = append(r.Restart, waits...)
	return r
}

// waiting lists the settings of which a gateway still uses the value that it began with, or what a file had in it then.
func waiting(start, now config.Config) (keys []string) {
	for _, c := range config.Changes(start, now) {
		if !c.Live {
			keys = append(keys, c.Key)
		}
	}
	for _, f := range config.ChangedFiles(start, now) {
		if !f.Live && !slices.Contains(keys, f.Key) {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

// maxLogged is how many lines about changed settings a reload writes. What more there is GET /v1/config shows.
const maxLogged = 100

// logReload logs what a reload changed.
func (s *service) logReload(r *operator.Reload) {
	for _, w := range r.Warnings {
		s.log.Warn("configuration reloaded with a warning", "warning", w)
	}
	for _, c := range r.Changed[:min(len(r.Changed), maxLogged)] {
		s.log.Info("setting changed", "key", c.Key, "from", c.From, "to", c.To, "source", c.Source.String(), "applied", c.Applied)
	}
	for _, f := range r.Files[:min(len(r.Files), maxLogged)] {
		s.log.Info("file changed", "key", f.Key, "path", f.Path, "applied", f.Applied)
	}
	for _, key := range r.Restart {
		s.log.Warn("setting needs a restart", "key", key)
	}
	s.log.Info("configuration reloaded", "changed", len(r.Changed), "files", len(r.Files), "accounts_added", len(r.Accounts.Added),
		"accounts_removed", len(r.Accounts.Removed), "accounts_changed", len(r.Accounts.Changed))
}

// reloadJSON is reload for POST /v1/reload.
func (s *service) reloadJSON() (*operator.Reload, *operator.NotReloaded) {
	done, err := s.reload()
	switch {
	case errors.Is(err, errDraining), errors.Is(err, errNoFile):
		return nil, &operator.NotReloaded{Reason: err.Error()}
	case err != nil:
		return nil, &operator.NotReloaded{Errors: errorsJSON(err)}
	}
	return done, nil
}

// errorsJSON returns the errors of a configuration.
func errorsJSON(err error) []operator.ConfigError {
	all, ok := errors.AsType[config.Errors](err)
	if !ok {
		return []operator.ConfigError{{Message: err.Error()}}
	}
	errs := make([]operator.ConfigError, len(all))
	for i, e := range all {
		errs[i] = operator.ConfigError{Key: e.Key, File: e.File, Line: e.Line, Value: e.Value, Message: e.Problem, Hint: e.Hint}
	}
	return errs
}

// postReload answers POST /-/reload, as earlier releases did: 200 and the warnings, or 422 and the errors, a line
// each.
func (s *service) postReload(w http.ResponseWriter, _ *http.Request) {
	done, err := s.reload()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		say(w, "%v\n", err)
		return
	}
	for _, text := range done.Warnings {
		say(w, "warning: %s\n", text)
	}
	for _, key := range done.Restart {
		say(w, "warning: %s: the change needs a restart\n", key)
	}
}
