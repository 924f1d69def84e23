package setting

import (
	"reflect"
	"testing"
)

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		text  string
		want  Size
		again string // how it is written
	}{
		{"16MiB", 16 << 20, "16MiB"},
		{"128 MiB", 128 << 20, "128MiB"},
		{"1024MiB", 1 << 30, "1GiB"},
		{"64GiB", 64 << 30, "64GiB"},
		{"3KiB", 3 << 10, "3KiB"},
		{"0MiB", 0, "0"},
	} {
		if got, p := ParseSize(tt.text); p != nil || got != tt.want || got.String() != tt.again {
			t.Errorf("%s: got %d, %v, written %q, want %d, %q", tt.text, got, p, got, tt.want, tt.again)
		}
	}
	for _, text := range []string{"", "128", "MiB", "128MB", "-1MiB", "1.5GiB", "9999999999999GiB", "0x1MiB", "1TiB"} {
		if got, p := ParseSize(text); p == nil || p.Hint == "" {
			t.Errorf("%q: got %d, %v, want a problem with a hint", text, got, p)
		}
	}
}

// A setting may be a size, with a range, a default and a form to show.
func TestFieldOfSize(t *testing.T) {
	var s struct {
		Memory Size `key:"memory" default:"128MiB" range:"16MiB..1GiB" doc:"memory"`
	}
	Defaults(&s)
	f := Fields(reflect.TypeOf(s))[0]
	if s.Memory != 128<<20 || f.Text(s) != "128MiB" || f.Meaning() != "memory; 16MiB to 1GiB" || f.Wanted() != wantedSize {
		t.Errorf("got %d, %q, %q, %q", s.Memory, f.Text(s), f.Meaning(), f.Wanted())
	}
	for _, tt := range []struct {
		value any
		ok    bool
	}{{"16MiB", true}, {"1GiB", true}, {"15MiB", false}, {"2GiB", false}, {128, false}, {"128", false}} {
		if _, p := f.Parse(tt.value, false); (p == nil) != tt.ok {
			t.Errorf("%v: got %v, want it accepted %v", tt.value, p, tt.ok)
		}
	}
}
