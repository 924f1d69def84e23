package setting

import (
	"encoding"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var unmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// Parse returns the value that the field holds. Values of the environment and of flags are
// text, and are parsed as such. Values of the file, as YAML decodes them, must have the right
// type.
func (f Field) Parse(v any, text bool) (any, *Problem) {
	switch {
	case f.isDuration():
		return f.duration(v)
	case f.isSize():
		return f.size(v)
	case f.isRune():
		return f.symbol(v)
	case f.isWord():
		return f.word(v)
	}
	switch f.Type.Kind() {
	case reflect.Bool:
		return f.boolean(v, text)
	case reflect.String:
		return f.text(v)
	case reflect.Slice:
		return f.items(v, text)
	default:
		return f.number(v, text)
	}
}

func (f Field) text(v any) (any, *Problem) {
	if old, ok := f.oldWord(v); ok {
		return old, nil
	}
	s, ok := v.(string)
	if !ok {
		return nil, f.wrongType(v)
	}
	if p := f.checkWord(s); p != nil {
		return nil, p
	}
	if reflect.PointerTo(f.Type).Implements(unmarshaler) {
		return readItself(f.Type, s)
	}
	return s, f.checkForm(s)
}

// oldWord returns a word of an earlier release. The setting may have been a bool then.
func (f Field) oldWord(v any) (word string, ok bool) {
	word, ok = v.(string)
	if b, isBool := v.(bool); isBool {
		word, ok = strconv.FormatBool(b), true
	}
	return word, ok && slices.Contains(f.list("old"), word)
}

// word reads a word that stands for a number or a bool.
func (f Field) word(v any) (any, *Problem) {
	s, ok := v.(string)
	if !ok {
		return nil, f.wrongType(v)
	}
	if p := f.checkWord(s); p != nil {
		return nil, p
	}
	n := slices.Index(f.list("oneof"), s)
	if f.Type.Kind() == reflect.Bool {
		return n == 1, nil
	}
	return reflect.ValueOf(n).Convert(f.Type).Interface(), nil
}

// readItself calls UnmarshalText of a value.
func readItself(t reflect.Type, s string) (any, *Problem) {
	v := reflect.New(t)
	if err := v.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
		return nil, problemOf(err)
	}
	return v.Elem().Interface(), nil
}

func (f Field) boolean(v any, text bool) (any, *Problem) {
	if s, ok := v.(string); ok && text {
		switch s {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	if _, ok := v.(bool); !ok {
		return nil, f.wrongType(v)
	}
	return v, nil
}

func (f Field) duration(v any) (any, *Problem) {
	s, ok := v.(string)
	if n, isInt := v.(int); isInt && n == 0 {
		s, ok = "0s", true // zero needs no unit
	}
	if !ok {
		return nil, f.wrongType(v)
	}
	if w := f.Tag.Get("word"); w != "" && s == w {
		return time.Duration(0), nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil, &Problem{"not a duration", f.durationHint(s)}
	}
	return d, f.checkRange(int64(d))
}

// durationHint says how to write a duration. Go has no unit for days, and no spaces.
func (f Field) durationHint(s string) string {
	days, isDays := strings.CutSuffix(strings.ReplaceAll(s, " ", ""), "d")
	if n, err := strconv.ParseUint(days, 10, 16); isDays && err == nil {
		return strconv.FormatUint(24*n, 10) + "h: hours are the longest unit"
	}
	if whole := strings.ReplaceAll(s, " ", ""); whole != s {
		if _, err := time.ParseDuration(whole); err == nil {
			return whole + ", without a space"
		}
	}
	return f.Wanted()
}

func (f Field) number(v any, text bool) (any, *Problem) {
	n, ok := v.(int)
	if s, isText := v.(string); isText && text {
		parsed, err := strconv.ParseInt(s, 0, 64)
		n, ok = int(parsed), err == nil
	}
	if _, isBig := v.(uint64); isBig {
		n, ok = math.MaxInt, true // YAML gives uint64 only for numbers beyond int, which are out of any range
	}
	if !ok {
		return nil, f.wrongType(v)
	}
	if p := f.checkRange(int64(n)); p != nil {
		return nil, p
	}
	return reflect.ValueOf(n).Convert(f.Type).Interface(), nil
}

// checkRange checks a number, a duration in nanoseconds, or a size in octets, by the tags among and range.
func (f Field) checkRange(n int64) *Problem {
	if among := f.list("among"); among != nil {
		if !slices.Contains(among, strconv.FormatInt(n, 10)) {
			return &Problem{"unknown value", either(among)}
		}
		return nil
	}
	low, high, ok := f.bounds()
	if ok && (n < f.bound(low) || n > f.bound(high)) {
		return &Problem{"out of range", low + " to " + high}
	}
	return nil
}

// bound reads one end of the range.
func (f Field) bound(s string) int64 {
	if f.isDuration() {
		d, _ := time.ParseDuration(s)
		return int64(d)
	}
	if f.isSize() {
		n, _ := ParseSize(s)
		return int64(n)
	}
	n, _ := strconv.ParseInt(s, 0, 64)
	return n
}

func (f Field) symbol(v any) (any, *Problem) {
	s, ok := v.(string)
	if !ok {
		return nil, f.wrongType(v)
	}
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || size != len(s) {
		return nil, &Problem{"not one character", f.Wanted()}
	}
	return r, checkSymbol(f.Tag.Get("form"), r)
}

// NotYet is the problem of a key or value of a later release. If it were ignored, the
// operator would believe in a protection that does not exist.
const NotYet = "not supported yet"

// checkWord checks a word by the tags oneof and later.
func (f Field) checkWord(s string) *Problem {
	known := f.list("oneof")
	switch {
	case known == nil || slices.Contains(known, s):
		return nil
	case slices.Contains(f.list("later"), s):
		return &Problem{NotYet, either(known)}
	}
	return &Problem{"unknown value", either(known)}
}

// Set stores a value that Parse has returned in the struct.
func (f Field) Set(in reflect.Value, value any) {
	to := in.FieldByIndex(f.Index)
	to.Set(reflect.ValueOf(value).Convert(to.Type()))
}

// checkForm checks a text by the form that its tag names.
func (f Field) checkForm(s string) *Problem {
	if s == "" && f.Tag.Get("empty") != "" {
		return nil
	}
	if check := forms[f.Tag.Get("form")]; check != nil {
		return check(s)
	}
	return nil
}
