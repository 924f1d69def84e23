package operator

import (
	"cmp"
	"fmt"
	"net/http"
)

// Change is a setting that a reload found changed, in JSON. Of a secret From and To say only whether it is set,
// or changed.
type Change struct {
	Key     string `json:"key"`
	From    string `json:"from"`
	To      string `json:"to"`
	Source  Source `json:"source"`  // of the new value
	Applied bool   `json:"applied"` // else it waits for a restart
}

// ChangedAccounts are accounts whose own settings a reload found changed.
type ChangedAccounts struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []string `json:"changed"`
}

// ChangedFile is a file that has another content than at the reload before, or at the start.
type ChangedFile struct {
	Key  string `json:"key"` // the setting that names it
	Path string `json:"path"`

	Applied bool `json:"applied"` // new connections and messages use it; else it needs a restart
}

// Reload is what a reload did, in JSON. Changes are against the reload before, or the start.
type Reload struct {
	Changed  []Change        `json:"changed"`
	Accounts ChangedAccounts `json:"accounts"`
	Files    []ChangedFile   `json:"files"`
	Restart  []string        `json:"restart"`  // keys whose new values, or files, wait for a restart, also from earlier reloads
	Warnings []string        `json:"warnings"` // a line each, with the place
}

// ConfigError is something that is wrong with the configuration, in JSON.
type ConfigError struct {
	Key     string `json:"key,omitempty"`
	File    string `json:"file,omitempty"` // or the variable or flag
	Line    int    `json:"line,omitempty"`
	Value   string `json:"value,omitempty"` // as written; missing if it may be secret
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// NotReloaded is why a reload changed nothing.
type NotReloaded struct {
	Reason string        // if the gateway could not even try
	Errors []ConfigError // else
}

// ReloadPage returns the page POST /v1/reload, which calls reload.
func ReloadPage(reload func() (*Reload, *NotReloaded)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		done, failed := reload()
		switch {
		case failed == nil:
			answer(w, done)
		case failed.Reason != "":
			refuse(w, http.StatusConflict, problem{Detail: failed.Reason, Hint: "nothing was changed"})
		default:
			refuse(w, http.StatusUnprocessableEntity, problem{
				Detail: "the configuration has errors, and the one before stays in force: " + summary(failed.Errors),
				Hint:   cmp.Or(failed.Errors[0].Hint, "readback check --config FILE says all that is wrong"), Errors: failed.Errors,
			})
		}
	})
}

// summary says the first error, and how many more there are.
func summary(errs []ConfigError) string {
	text := errs[0].Message
	if errs[0].Key != "" {
		text = errs[0].Key + ": " + text
	}
	if more := len(errs) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}
