package config

import (
	"reflect"
	"strings"
	"time"
)

// wrongType says what was found and what is wanted.
func (f field) wrongType(found any) *problem {
	return &problem{"found " + kindOf(found), f.wanted()}
}

func (f field) outOfRange() *problem {
	low, high, _ := strings.Cut(f.tag.Get("range"), "..")
	return &problem{"out of range", low + " to " + high}
}

// wanted describes a good value.
func (f field) wanted() string {
	switch {
	case f.isTree() && !f.isMap():
		return "a list of {name, sha256, rate}"
	case f.isTree():
		return "a mapping of accounts"
	case f.isDuration() && f.tag.Get("word") != "":
		return "a duration such as 250ms, or " + f.tag.Get("word")
	case f.isDuration():
		return "a duration such as 10s or 72h"
	case f.typ.Kind() == reflect.Int32:
		return `one character in quotes, such as "§"`
	case f.tag.Get("example") != "":
		return "a list such as [" + f.tag.Get("example") + "]"
	case f.typ.Kind() == reflect.Slice:
		return "a list such as [" + f.list("oneof")[0] + "]"
	case f.typ.Kind() == reflect.Bool:
		return "true or false"
	case f.typ.Kind() != reflect.String:
		return "a whole number"
	case f.tag.Get("oneof") != "":
		return either(f.list("oneof"))
	}
	return "text in quotes"
}

// kindOf names what YAML made of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "no value"
	case string:
		return "text"
	case bool:
		return "true or false"
	case int, uint64, int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case time.Time:
		return "a date"
	}
	return "something else"
}

// either lists words as a person would: a, b or c.
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
