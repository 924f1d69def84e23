package reads

import (
	"testing"

	"readback/relay/message"
)

// ParseBody returns a verdict, or items that are all complete.
func FuzzParseReads(f *testing.F) {
	f.Add([]byte(`{"receiver":"+8613800138000","sender":"10690001","number":17,"status":1,"read_at":"2026-11-23T08:30:00Z","proof":"9f3a01c2","id":"a"}`))
	f.Add([]byte(`[{"receiver":"1","number":1},{}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, _, v := ParseBody(body)
		if (!v.IsDecided()) == (len(items) == 0) || v.IsDecided() && v.Kind != message.VerdictMalformed && v.Kind != message.VerdictTooLarge {
			t.Errorf("got %d items and %+v", len(items), v)
		}
		for _, item := range items {
			rd, v := parse(item, "")
			if v.IsDecided() && v.Kind != message.VerdictMalformed || !v.IsDecided() && rd.Receiver == "" {
				t.Errorf("item %s: got %+v, %+v", item, rd, v)
			}
		}
	})
}

func TestDepth(t *testing.T) {
	tests := []struct {
		body string
		want int
	}{
		{``, 0},
		{`{"a":[1,{"b":2}],"c":[]}`, 3},
		{`{"a":"[[[{\"["}`, 1},
		{`"\\"[[`, 2},
		{`]]]]`, 0},
	}
	for _, tt := range tests {
		if got := depth([]byte(tt.body)); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.body, got, tt.want)
		}
	}
}
