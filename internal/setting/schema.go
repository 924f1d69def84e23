package setting

import (
	"reflect"
	"slices"
	"strconv"
)

// Schema is a JSON Schema (draft 2020-12), or a part of one.
type Schema map[string]any

// durationPattern is a duration as time.ParseDuration has it.
const durationPattern = `^[-+]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$|^[-+]?0$`

const sizePattern = `^[0-9]+\s*(KiB|MiB|GiB)$`

// Schema returns what a file may have as the value. It refuses less than Parse does: some of what Parse checks
// cannot be said in a schema.
func (f Field) Schema() Schema {
	s := f.valueSchema()
	s["description"] = f.Meaning()
	return s
}

func (f Field) valueSchema() Schema {
	switch {
	case f.isDuration():
		return f.durationSchema()
	case f.isSize():
		return Schema{"type": "string", "pattern": sizePattern}
	case f.isRune():
		return Schema{"type": "string", "minLength": 1, "maxLength": 1}
	case f.isWord():
		return Schema{"enum": f.list("oneof")}
	}
	switch f.Type.Kind() {
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.String:
		return f.textSchema()
	case reflect.Slice:
		return f.listSchema()
	default:
		return f.numberSchema()
	}
}

func (f Field) durationSchema() Schema {
	pattern := durationPattern
	if w := f.Tag.Get("word"); w != "" {
		pattern += "|^" + w + "$"
	}
	return Schema{"anyOf": []Schema{{"type": "string", "pattern": pattern}, {"const": 0}}}
}

func (f Field) numberSchema() Schema {
	if among := f.list("among"); among != nil {
		var all []int64
		for _, text := range among {
			n, _ := strconv.ParseInt(text, 10, 64) // it is a constant
			all = append(all, n)
		}
		return Schema{"enum": all}
	}
	s := Schema{"type": "integer"}
	if low, high, ok := f.bounds(); ok {
		s["minimum"], s["maximum"] = f.bound(low), f.bound(high)
	}
	return s
}

func (f Field) textSchema() Schema {
	if words := f.list("oneof"); words != nil {
		all := make([]any, 0, len(words))
		for _, w := range slices.Concat(words, f.list("old")) {
			all = append(all, w)
			if b, err := strconv.ParseBool(w); err == nil {
				all = append(all, b) // it was a bool once
			}
		}
		return Schema{"enum": all}
	}
	s := Schema{"type": "string"}
	if pattern := formPatterns[f.Tag.Get("form")]; pattern != "" {
		if f.Tag.Get("empty") != "" {
			pattern += "|^$"
		}
		s["pattern"] = pattern
	}
	return s
}

// formPatterns are the forms that a pattern can check, at least in part.
var formPatterns = map[string]string{
	"bind":   `:[0-9]+$`,
	"dial":   `[^:]:[0-9]+$`,
	"bcrypt": `^\$2[aby]\$[0-9]{2}\$[./0-9A-Za-z]{53}$`,
	"path":   `\S`,
}

func (f Field) listSchema() Schema {
	item := Schema{"type": "string"}
	switch words := f.list("oneof"); {
	case words != nil:
		item = Schema{"enum": words}
	case f.IsWritten():
		item = Schema{"type": []string{"string", "number", "boolean"}} // they count as they are written
	}
	return Schema{"type": "array", "items": item, "uniqueItems": true}
}

// DefaultValue returns the field of a struct as JSON has it in a file; false if it has no such value.
func (f Field) DefaultValue(in any) (v any, ok bool) {
	value := reflect.ValueOf(in).FieldByIndex(f.Index)
	switch {
	case f.IsTree():
		return nil, false
	case f.isDuration(), f.isSize(), f.isWord():
		return f.Plain(reflect.ValueOf(in)), true
	case f.isRune():
		return string(rune(value.Int())), true
	}
	switch value.Kind() {
	case reflect.Bool, reflect.String:
		return value.Interface(), true
	case reflect.Slice:
		all := make([]any, 0, value.Len())
		for i := range value.Len() {
			all = append(all, value.Index(i).Interface())
		}
		return all, true
	}
	if value.CanUint() {
		return value.Uint(), true
	}
	if value.CanInt() {
		return value.Int(), true
	}
	return value.Interface(), true
}
