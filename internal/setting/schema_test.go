package setting

import (
	"encoding/json"
	"reflect"
	"regexp"
	"testing"
	"time"
)

// What each type of field may have in a file.
func TestSchema(t *testing.T) {
	by := make(map[string]Field)
	for _, f := range append(Fields(reflect.TypeFor[parsed]()), exampleFields...) {
		by[f.Key] = f
	}
	for key, want := range map[string]string{
		"word":         `{"description":"","type":"string"}`,
		"words":        `{"description":"","items":{"type":["string","number","boolean"]},"type":"array","uniqueItems":true}`,
		"n":            `{"description":"; 0 to 1000","maximum":1000,"minimum":0,"type":"integer"}`,
		"on":           `{"description":"","type":"boolean"}`,
		"how":          `{"description":"; ` + "`udh`, `text` or `auto`" + `","enum":["udh","text","auto"]}`,
		"say":          `{"description":"; ` + "`pass` or `reject`" + `","enum":["pass","reject"]}`,
		"listen.addr":  `{"description":"address","pattern":":[0-9]+$|^$","type":"string"}`,
		"store.copies": `{"description":"how many; ` + "`1` or `3`" + `","enum":[1,3]}`,
		"store.auth":   `{"description":"who; ` + "`none` or `all`" + `","items":{"enum":["none","all"]},"type":"array","uniqueItems":true}`,
		"store.symbol": `{"description":"which","maxLength":1,"minLength":1,"type":"string"}`,
		"track.iei":    `{"description":"identifier; 0x80 to 0xFF","maximum":255,"minimum":128,"type":"integer"}`,
	} {
		if got, err := json.Marshal(by[key].Schema()); err != nil || string(got) != want {
			t.Errorf("%s: got  %s, %v\nwant %s", key, got, err, want)
		}
	}
}

// The pattern of durations is that of time.ParseDuration.
func TestDurationPattern(t *testing.T) {
	pattern := regexp.MustCompile(durationPattern)
	for _, text := range []string{"10s", "1h30m", "1.5h", ".5s", "0", "-1s", "+1ms", "2µs", "", "10", "1d", "s", "1 s", ".s", "h1"} {
		_, err := time.ParseDuration(text)
		if got := pattern.MatchString(text); got != (err == nil) {
			t.Errorf("%q: got %t, want %t", text, got, err == nil)
		}
	}
}

func TestDefaultValue(t *testing.T) {
	var e example
	Defaults(&e)
	for _, f := range exampleFields {
		want := map[string]any{
			"listen.addr": ":2775", "listen.window": int64(10), "track.when": "requested", "track.iei": uint64(0x80), "store.keep": "168h",
			"store.copies": int64(1), "store.auth": []any{"none"}, "store.symbol": "§", "store.on": true, "log.level": "info",
		}[f.Key]
		if got, ok := f.DefaultValue(e); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, want %#v", f.Key, got, want)
		}
	}
}
