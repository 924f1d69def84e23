package crash

import (
	"slices"
	"testing"
)

// container notes the panics that it contains.
type container struct{ panics []any }

func (c *container) Contain() {
	if v := recover(); v != nil {
		c.panics = append(c.panics, v)
	}
}

func TestOrRefuse(t *testing.T) {
	for _, tt := range []struct {
		name    string
		f       func()
		refused bool
		panics  []any
	}{
		{"returns", func() {}, false, nil},
		{"panics", func() { panic("planted") }, true, []any{"planted"}},
	} {
		c, refused := new(container), false
		OrRefuse(c, tt.f, func() { refused = true })
		if refused != tt.refused || !slices.Equal(c.panics, tt.panics) {
			t.Errorf("%s: refused %t, contained %v; want %t, %v", tt.name, refused, c.panics, tt.refused, tt.panics)
		}
	}
}
