package config

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parse makes the value that the field holds. What the environment and the
// flags give is text, whatever is wanted, and is read as such; the file's values
// must have the right type.
func (f field) parse(v any, text bool) (any, *problem) {
	switch {
	case f.isDuration():
		return f.duration(v)
	case f.typ.Kind() == reflect.Int32:
		return f.symbol(v)
	}
	switch f.typ.Kind() {
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

func (f field) text(v any) (any, *problem) {
	s, ok := v.(string)
	if !ok {
		return nil, f.wrongType(v)
	}
	if p := f.checkWord(s); p != nil {
		return nil, p
	}
	return s, f.checkForm(s)
}

func (f field) boolean(v any, text bool) (any, *problem) {
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

func (f field) duration(v any) (any, *problem) {
	s, ok := v.(string)
	if n, isInt := v.(int); isInt && n == 0 {
		s, ok = "0s", true // nothing is nothing in any unit
	}
	if !ok {
		return nil, f.wrongType(v)
	}
	if w := f.tag.Get("word"); w != "" && s == w {
		return time.Duration(0), nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil, &problem{"not a duration", f.wanted()}
	}
	low, high, _ := strings.Cut(f.tag.Get("range"), "..")
	least, _ := time.ParseDuration(low)
	most, _ := time.ParseDuration(high)
	if d < least || d > most {
		return nil, f.outOfRange()
	}
	return d, nil
}

func (f field) number(v any, text bool) (any, *problem) {
	n, ok := v.(int)
	if s, isText := v.(string); isText && text {
		parsed, err := strconv.ParseInt(s, 0, 64)
		n, ok = int(parsed), err == nil
	}
	if _, isBig := v.(uint64); isBig {
		n, ok = math.MaxInt, true // YAML gives uint64 only beyond int: out of any range
	}
	if !ok {
		return nil, f.wrongType(v)
	}
	if among := f.list("among"); among != nil {
		if !slices.Contains(among, strconv.Itoa(n)) {
			return nil, &problem{"unknown value", either(among)}
		}
	} else {
		low, high, _ := strings.Cut(f.tag.Get("range"), "..")
		least, _ := strconv.ParseInt(low, 0, 64)
		most, _ := strconv.ParseInt(high, 0, 64)
		if int64(n) < least || int64(n) > most {
			return nil, f.outOfRange()
		}
	}
	return reflect.ValueOf(n).Convert(f.typ).Interface(), nil
}

func (f field) symbol(v any) (any, *problem) {
	s, ok := v.(string)
	if !ok {
		return nil, f.wrongType(v)
	}
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || size != len(s) {
		return nil, &problem{"not one character", f.wanted()}
	}
	return r, checkSymbol(f.tag.Get("form"), r)
}

// checkWord holds a word against oneof and later.
func (f field) checkWord(s string) *problem {
	known := f.list("oneof")
	switch {
	case known == nil || slices.Contains(known, s):
		return nil
	case slices.Contains(f.list("later"), s):
		return &problem{notYet, either(known)}
	}
	return &problem{"unknown value", either(known)}
}
