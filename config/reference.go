package config

import (
	"fmt"
	"strings"

	"readback/internal/setting"
)

// Setting describes one key for a page or a man page.
type Setting struct {
	Key     string
	Default string // in Markdown
	Change  string // when a change takes effect: reload or restart
	Meaning string
}

// Settings returns all keys in the order of the sample, and then those of an account.
func Settings() []Setting {
	var all []Setting
	add := func(key, text string, f setting.Field, meaning string) {
		change := "restart"
		if f.Live {
			change = "reload"
		}
		all = append(all, Setting{Key: key, Default: text, Change: change, Meaning: meaning})
	}
	general := Default()
	for _, f := range fields {
		if !isMap(f) {
			add(f.Key, "`"+f.Text(general)+"`", f, f.Meaning())
		}
	}
	account := general.general()
	for _, f := range accountFields {
		key := "accounts.SYSTEM_ID." + f.Key
		f.Live = fieldsByKey["accounts"].Live
		if isOwn(f) {
			add(key, "`"+f.Text(account)+"`", f, f.Meaning())
		} else {
			add(key, "as `"+f.Key+"`", f, "the same, for this account")
		}
	}
	return all
}

// Reference returns a Markdown table of all keys: name, default, when a change holds, and
// meaning.
func Reference() string {
	var b strings.Builder
	b.WriteString("| key | default | change | meaning |\n|---|---|---|---|\n")
	for _, s := range Settings() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Key, s.Default, s.Change, s.Meaning)
	}
	return b.String()
}
