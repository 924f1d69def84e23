package setting

import (
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
