package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Reference returns a Markdown table of all keys: name, default and meaning.
func Reference() string {
	var b strings.Builder
	b.WriteString("| key | default | meaning |\n|---|---|---|\n")
	for _, f := range fields {
		if f.isMap() {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", f.key, f.defaultText(), f.meaning())
	}
	for _, f := range accountFields {
		if f.isOwn() {
			fmt.Fprintf(&b, "| `accounts.SYSTEM_ID.%s` | `%s` | %s |\n", f.key, f.textOf(defaultAccount()), f.meaning())
			continue
		}
		fmt.Fprintf(&b, "| `accounts.SYSTEM_ID.%s` | as `%s` | the same, for this account |\n", f.key, f.key)
	}
	return b.String()
}

// meaning is the doc of the key and the values it takes.
func (f field) meaning() string {
	s := f.tag.Get("doc")
	if words := append(f.list("oneof"), f.list("among")...); len(words) > 0 {
		for i := range words {
			words[i] = "`" + words[i] + "`"
		}
		s += "; " + either(words)
	} else if low, high, ok := strings.Cut(f.tag.Get("range"), ".."); ok {
		s += "; " + low + " to " + high
	}
	return s
}

// defaultText writes the default as YAML has it.
func (f field) defaultText() string { return f.textOf(Default()) }

// textOf writes the field of a struct as YAML has it.
func (f field) textOf(in any) string {
	v := reflect.ValueOf(in).FieldByIndex(f.index)
	switch value := v.Interface().(type) {
	case time.Duration:
		return shortDuration(value)
	case rune:
		return fmt.Sprintf("%q", string(value))
	case []string:
		return "[" + strings.Join(value, ", ") + "]"
	case string:
		if value == "" || strings.ContainsAny(value, ":{") {
			return fmt.Sprintf("%q", value)
		}
		return value
	case Secret:
		return fmt.Sprintf("%q", value.String())
	}
	if v.Kind() == reflect.Slice {
		return "[]" // but for words, no list has anything in it by default
	}
	if digits := f.tag.Get("hex"); digits != "" {
		return fmt.Sprintf("0x%0"+digits+"X", v.Interface())
	}
	return fmt.Sprint(v.Interface())
}

// shortDuration leaves out the units that are nothing: 72h, not 72h0m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
