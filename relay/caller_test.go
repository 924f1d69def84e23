package relay

import (
	"testing"
)

func TestSubmitByCaller(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	other, err := NormalAddr("+447700900199")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		by    Caller
		code  int
		field string
	}{
		{"another receiver", Caller{Receiver: other}, 403, "receiver"},
		{"no proof", Caller{NeedsProof: true}, 403, "proof"},
		{"its own", Caller{Receiver: c.Receiver}, 202, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rd := response(c, 1)
			rd.By = tt.by
			if v := r.Reads().Submit(deadline(t), rd); v.Code != tt.code || v.Field != tt.field {
				t.Errorf("got %+v, want %d %s", v, tt.code, tt.field)
			}
		})
	}
}
