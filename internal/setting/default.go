package setting

import (
	"errors"
	"fmt"
	"reflect"
)

// Defaults sets the settings in the struct that to points to, to their defaults. It
// panics if one is not a value of its own setting.
func Defaults(to any) {
	v := reflect.ValueOf(to).Elem()
	for _, f := range Fields(v.Type()) {
		text, ok := f.Tag.Lookup("default")
		if !ok {
			continue
		}
		value, p := f.Parse(text, true)
		if p != nil {
			panic(fmt.Sprintf("default of %s: %q: %v", f.Key, text, p))
		}
		f.Set(v, value)
	}
}

// Set puts a value that Parse made into the struct.
func (f Field) Set(in reflect.Value, value any) {
	to := in.FieldByIndex(f.Index)
	to.Set(reflect.ValueOf(value).Convert(to.Type()))
}

// Check names the settings in a struct, or in what in points to, whose values their own
// tags do not allow: numbers and durations out of range, unknown words, texts of another
// form.
func Check(in any) error {
	v := reflect.Indirect(reflect.ValueOf(in))
	var errs []error
	for _, f := range Fields(v.Type()) {
		if p := f.check(v.FieldByIndex(f.Index)); p != nil {
			errs = append(errs, fmt.Errorf("%s: %v: %w", f.Key, v.FieldByIndex(f.Index), p))
		}
	}
	return errors.Join(errs...)
}

func (f Field) check(v reflect.Value) *Problem {
	switch {
	case f.isRune():
		return checkSymbol(f.Tag.Get("form"), rune(v.Int()))
	case v.CanInt():
		return f.checkRange(v.Int())
	case v.CanUint():
		return f.checkRange(int64(v.Uint()))
	case v.Kind() == reflect.String:
		return f.checkText(v.String())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String:
		for i := range v.Len() {
			if p := f.checkText(v.Index(i).String()); p != nil {
				return p
			}
		}
	}
	return nil
}

func (f Field) checkText(s string) *Problem {
	if p := f.checkWord(s); p != nil {
		return p
	}
	return f.checkForm(s)
}
