package setting

import "testing"

func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name string
		whats,
		hints []string
		want string
	}{
		{"none", nil, nil, ""},
		{"one", []string{"a"}, []string{"x"}, "a (hint: x)"},
		{"one hint for two", []string{"a", "b"}, []string{"x", "x"}, "a; b (hint: x)"},
		{"the same twice", []string{"a", "a"}, []string{"x", "x"}, "a (hint: x)"},
		{"two hints", []string{"a", "b", "c"}, []string{"x", "", "y"}, "a; b; c (hint: x; y)"},
		{"many", []string{"a", "b", "c", "d", "e", "f", "g"}, []string{"", "", "", "", "", "x", "y"}, "a; b; c; d; e; and 2 more"},
	} {
		var all Problems
		for i, what := range tt.whats {
			all.Add(what, tt.hints[i])
		}
		got := ""
		if p := all.Joined(); p != nil {
			got = p.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
