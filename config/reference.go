package config

import (
	"fmt"
	"strings"

	"readback/internal/setting"
)

// Reference returns a Markdown table of all keys: name, default, when a change holds, and
// meaning.
func Reference() string {
	var b strings.Builder
	b.WriteString("| key | default | change | meaning |\n|---|---|---|---|\n")
	row := func(key, text string, f setting.Field, meaning string) {
		change := "restart"
		if f.Live {
			change = "reload"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", key, text, change, meaning)
	}
	general := Default()
	for _, f := range fields {
		if !isMap(f) {
			row(f.Key, "`"+f.Text(general)+"`", f, f.Meaning())
		}
	}
	account := general.general()
	for _, f := range accountFields {
		key := "accounts.SYSTEM_ID." + f.Key
		f.Live = fieldsByKey["accounts"].Live
		if isOwn(f) {
			row(key, "`"+f.Text(account)+"`", f, f.Meaning())
		} else {
			row(key, "as `"+f.Key+"`", f, "the same, for this account")
		}
	}
	return b.String()
}
