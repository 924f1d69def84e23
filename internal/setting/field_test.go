package setting

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// example has settings in sections of its own, in a part that an account has too, and
// settings of a section that another struct began.
type example struct {
	Listen listen `key:"listen" doc:"where ESMEs bind"`
	Track  struct {
		part
		IEI uint8 `key:"iei" default:"0x80" hex:"2" range:"0x80..0xFF" doc:"identifier"`
	} `key:"track" doc:"which messages"`
	Store store `section:"store" doc:"where it is kept"`
	Log   struct {
		Level string `key:"level" default:"info" oneof:"debug,info" later:"trace" doc:"least level"`
	} `key:"log" live:"yes" doc:"the log"`

	Secret string // no setting
}

type listen struct {
	Addr string `key:"addr" default:":2775" form:"bind" empty:"off" doc:"address"`
}

type part struct {
	When string `key:"when" default:"requested" live:"yes" oneof:"requested,all,off" doc:"which"`
}

type store struct {
	Keep   time.Duration `key:"store.keep" default:"168h" range:"1h..8760h" doc:"how long"`
	Copies int           `key:"store.copies" default:"1" among:"1,3" doc:"how many"`
	Window int           `key:"listen.window" default:"10" range:"1..100" doc:"how much"`
	Auth   []string      `key:"store.auth" default:"none" oneof:"none,all" doc:"who"`
	Symbol rune          `key:"store.symbol" default:"§" form:"gsm7" doc:"which"`
	On     bool          `key:"store.on" default:"true" doc:"whether"`
	Hash   []byte        // no setting
}

var exampleFields = Fields(reflect.TypeFor[example]())

func TestFieldsOfASectionStandTogether(t *testing.T) {
	var got []string
	for _, f := range exampleFields {
		s := f.Key
		if f.Live {
			s += " live"
		}
		got = append(got, s)
	}
	want := []string{
		"listen.addr", "listen.window", "track.when live", "track.iei",
		"store.keep", "store.copies", "store.auth", "store.symbol", "store.on", "log.level live",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSections(t *testing.T) {
	want := map[string]string{
		"listen": "where ESMEs bind", "track": "which messages", "store": "where it is kept", "log": "the log",
	}
	if got := Sections(reflect.TypeFor[example]()); !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDefaults(t *testing.T) {
	var got example
	Defaults(&got)
	var want example
	want.Listen.Addr, want.Track.When, want.Track.IEI, want.Log.Level = ":2775", "requested", 0x80, "info"
	want.Store = store{Keep: 168 * time.Hour, Copies: 1, Window: 10, Auth: []string{"none"}, Symbol: '§', On: true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestDefaultsRefuseWhatTheSettingDoes(t *testing.T) {
	defer func() {
		if got, want := fmt.Sprint(recover()), `default of n: "7": out of range (hint: 1 to 5)`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}()
	var bad struct {
		N int `key:"n" default:"7" range:"1..5"`
	}
	Defaults(&bad)
}

func TestTextOfWords(t *testing.T) {
	in := struct {
		How way  `key:"how" oneof:"udh,text,auto"`
		Say bool `key:"say" oneof:"pass,reject"`
		No  bool `key:"no" oneof:"pass,reject"`
	}{How: 2, Say: true}
	var got []string
	for _, f := range Fields(reflect.TypeOf(in)) {
		got = append(got, f.Text(in))
	}
	if want := []string{"auto", "reject", "pass"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestText(t *testing.T) {
	var e example
	Defaults(&e)
	e.Store.Keep = 90 * time.Minute
	want := map[string]string{
		"listen.addr": `":2775"`, "listen.window": "10", "track.when": "requested", "track.iei": "0x80",
		"store.keep": "1h30m", "store.copies": "1", "store.auth": "[none]", "store.symbol": `"§"`, "store.on": "true",
		"log.level": "info",
	}
	for _, f := range exampleFields {
		if got := f.Text(e); got != want[f.Key] {
			t.Errorf("%s: got %s, want %s", f.Key, got, want[f.Key])
		}
	}
}

// way is a number that is written as a word.
type way uint8

// upper is a word that reads itself.
type upper string

func (u *upper) UnmarshalText(text []byte) error {
	if *u = upper(text); strings.ToUpper(string(text)) != string(text) {
		return &Problem{"in lower case", "upper case"}
	}
	return nil
}

// parsed has a field of each type that a setting can have.
type parsed struct {
	Word  upper         `key:"word"`
	Words []upper       `key:"words" example:"A"`
	Trees []part        `key:"trees" wanted:"a list of {when}"`
	N     uint16        `key:"n" range:"0..1000"`
	On    bool          `key:"on"`
	How   way           `key:"how" oneof:"udh,text,auto"`
	Say   bool          `key:"say" oneof:"pass,reject"`
	D     time.Duration `key:"d" range:"0s..1m" word:"always"`
}

func TestParse(t *testing.T) {
	by := make(map[string]Field)
	for _, f := range Fields(reflect.TypeFor[parsed]()) {
		by[f.Key] = f
	}
	tests := []struct {
		key  string
		v    any
		text bool
		want string
	}{
		{"word", "ABC", false, "ABC"},
		{"word", "abc", false, "in lower case (hint: upper case)"},
		{"words", "A, B", true, "[A B]"},
		{"words", []any{"A", "b"}, false, `"b": in lower case (hint: upper case)`},
		{"words", "A", false, "found text (hint: a list such as [A])"},
		{"n", 1000, false, "1000"},
		{"n", "0x10", true, "16"},
		{"n", "16", false, "found text (hint: a whole number)"},
		{"n", uint64(1) << 63, false, "out of range (hint: 0 to 1000)"},
		{"on", "true", true, "true"},
		{"on", "true", false, "found text (hint: true or false)"},
		{"how", "auto", false, "2"},
		{"how", "usd", false, "unknown value (hint: udh, text or auto)"},
		{"how", 2, false, "found a whole number (hint: udh, text or auto)"},
		{"say", "reject", false, "true"},
		{"say", "pass", true, "false"},
		{"say", true, false, "found true or false (hint: pass or reject)"},
		{"d", "always", false, "0s"},
		{"d", 0, false, "0s"},
		{"d", "1h", false, "out of range (hint: 0s to 1m)"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.key, " ", tt.v), func(t *testing.T) {
			v, p := by[tt.key].Parse(tt.v, tt.text)
			got := fmt.Sprint(v)
			if p != nil {
				got = p.Error()
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if !by["trees"].IsTree() || by["words"].IsTree() || !by["words"].IsWritten() {
		t.Error("a list of structs is a tree, and one of values that read themselves is not")
	}
	if got := by["trees"].Wanted(); got != "a list of {when}" {
		t.Errorf("wanted: got %s", got)
	}
}
