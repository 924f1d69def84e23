package relay

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

func TestReadsOverNATS(t *testing.T) {
	opt := testOptions(t)
	opt.Listen = "127.0.0.1:0"
	r := start(t, opt)
	nc, err := nats.Connect(r.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := conversation(t, "10690001", "447700900123")
	for _, id := range []string{"id1", "id2", "id3"} {
		r.submit(c, id)
	}
	told := r.tellings("bank")
	tests := []struct{ name, body, want string }{
		{"one", `{"receiver":"447700900123","sender":"10690001","number":1}`, `{"code":202}`},
		{"array", `[{"receiver":"447700900123","sender":"10690001","number":1},{"receiver":"1","number":5}]`, `[{"code":202},{"code":404,"error":"no such message"}]`},
		{"malformed", `{`, `{"code":400,`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := nc.RequestWithContext(deadline(t), subjectReadsNow, []byte(tt.body))
			if err != nil || !strings.HasPrefix(string(m.Data), tt.want) {
				t.Fatalf("got %v, %v, want %s", m, err, tt.want)
			}
		})
	}
	if fb := receive(t, told); fb.Number != 1 {
		t.Errorf("feedback: got number %d, want 1", fb.Number)
	}
	for _, body := range []string{
		`{"receiver":"447700900123","sender":"10690001","number":2}`,
		`{"receiver":"447700900123","sender":"10690001","number":99}`,
		`not JSON`,
		`[{"receiver":"447700900123","sender":"10690001","number":3}]`,
	} {
		if _, err := nc.RequestWithContext(deadline(t), subjectReads, []byte(body)); err != nil {
			t.Fatalf("publish: %v", err)
		}
	}
	for range 2 {
		if fb := receive(t, told); fb.Number != 2 && fb.Number != 3 {
			t.Errorf("feedback: got number %d, want 2 or 3", fb.Number)
		}
	}
	r.wantEmpty(streamReads)
}
