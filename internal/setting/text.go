package setting

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Meaning is the explanation of the key, and the values that it takes.
func (f Field) Meaning() string {
	s := f.Tag.Get("doc")
	if words := append(f.list("oneof"), f.list("among")...); len(words) > 0 {
		for i := range words {
			words[i] = "`" + words[i] + "`"
		}
		s += "; " + either(words)
	} else if low, high, ok := f.bounds(); ok {
		s += "; " + low + " to " + high
	}
	return s
}

// Text returns the field of a struct as YAML writes it.
func (f Field) Text(in any) string {
	v := reflect.ValueOf(in).FieldByIndex(f.Index)
	if digits := f.Tag.Get("hex"); digits != "" {
		return fmt.Sprintf("0x%0"+digits+"X", v.Uint())
	}
	if f.isWord() {
		return f.list("oneof")[wordIndex(v)]
	}
	switch value := v.Interface().(type) {
	case time.Duration:
		return shortDuration(value)
	case Size:
		return value.String()
	case rune:
		return fmt.Sprintf("%q", string(value))
	case []string:
		return "[" + strings.Join(value, ", ") + "]"
	case fmt.Stringer:
		return fmt.Sprintf("%q", value.String())
	}
	switch {
	case v.Kind() == reflect.String:
		if s := v.String(); s == "" || strings.ContainsAny(s, ":{") {
			return fmt.Sprintf("%q", s)
		}
	case v.Kind() == reflect.Slice:
		return "[]" // except for lists of words, every list is empty by default
	}
	return fmt.Sprint(v.Interface())
}

// Plain returns the field of a struct as the operator would say it: as Text, without quotes, and with all items
// of a list.
func (f Field) Plain(in reflect.Value) string {
	v := in.FieldByIndex(f.Index)
	switch {
	case f.isWord() || f.Tag.Get("hex") != "":
	case f.isRune():
		return string(rune(v.Int()))
	case v.Kind() == reflect.String:
		return v.String()
	case v.Kind() == reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = fmt.Sprint(v.Index(i).Interface())
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return f.Text(in.Interface())
}

// wordIndex returns the position of a word in oneof.
func wordIndex(v reflect.Value) uint64 {
	switch {
	case v.CanUint():
		return v.Uint()
	case v.Bool():
		return 1
	}
	return 0
}

// shortDuration leaves out units that are zero: 72h, not 72h0m0s.
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

// Hidden replaces a secret.
const Hidden = "[hidden]"

// Show returns a value as it may be printed. In a server address it leaves out what stands
// before the @, which may be a password. A value that is secret as a whole is not shown.
func (f Field) Show(text string) string {
	switch f.Tag.Get("secret") {
	case "all":
		return ""
	case "userinfo":
		if i := strings.LastIndexByte(text, '@'); i >= 0 {
			return Hidden + text[i:]
		}
	}
	return text
}

// wrongType says what was found and what is wanted.
func (f Field) wrongType(found any) *Problem {
	return &Problem{"found " + KindOf(found), f.Wanted()}
}

// Wanted describes a good value.
func (f Field) Wanted() string {
	switch {
	case f.Tag.Get("wanted") != "":
		return f.Tag.Get("wanted")
	case f.isDuration() && f.Tag.Get("word") != "":
		return "a duration such as 250ms, or " + f.Tag.Get("word")
	case f.isDuration():
		return "a duration such as 10s or 72h"
	case f.isSize():
		return wantedSize
	case f.isRune():
		return `one character in quotes, such as "§"`
	case f.Tag.Get("example") != "":
		return "a list such as [" + f.Tag.Get("example") + "]"
	case f.isList():
		return "a list such as [" + f.list("oneof")[0] + "]"
	case f.isWord():
		return either(f.list("oneof"))
	case f.Type.Kind() == reflect.Bool:
		return "true or false"
	case f.Type.Kind() != reflect.String:
		return "a whole number"
	case f.Tag.Get("oneof") != "":
		return either(f.list("oneof"))
	}
	return f.wantedForm()
}
