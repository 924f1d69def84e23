package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"readback/relay/access"
	"readback/relay/reads"
	"readback/relay/relaytest"
)

type verdictTest struct {
	name string
	body string
	code int
	want string
}

// wellFormed is asked in this order of the messages that TestVerdicts sends.
var wellFormed = []verdictTest{
	{"read", `{"receiver":"+447700900123","sender":"10690001","number":1,"status":1}`, 202, `{"code":202}`},
	{"again", `{"receiver":"00447700900123","sender":"10690001","number":1}`, 202, `{"code":202}`},
	{"deleted after read", `{"receiver":"447700900123","sender":"10690001","number":1,"status":2}`, 202, `{"code":202}`},
	{"not read yet", `{"receiver":"447700900123","sender":"10690001","number":2,"status":0}`, 202, `{"code":202}`},
	{"one sender left", `{"receiver":"447700900123","number":1}`, 202, `{"code":202}`},
	{"sender without case", `{"receiver":"447700900123","sender":"BANK","number":1,"unknown":[1]}`, 202, `{"code":202}`},
	{"no such number", `{"receiver":"447700900123","sender":"10690001","number":99}`, 404, `"no such message"`},
	{"no such receiver", `{"receiver":"447700900199","number":1}`, 404, `"no such message"`},
	{"too old", `{"receiver":"447700900123","sender":"10690001","number":3}`, 410, `too old`},
	{"not answered yet", `{"receiver":"447700900123","sender":"10690001","number":4}`, 503, `not answered`},
	{"not answered yet, no sender", `{"receiver":"447700900123","number":4}`, 503, `not answered`},
}

func malformedReads() []verdictTest {
	later := time.Now().Add(time.Hour).Format(time.RFC3339)
	return []verdictTest{
		{"no receiver", `{"number":1}`, 400, `"field":"receiver"`},
		{"long receiver", `{"receiver":"123456789012345678901","number":1}`, 400, `"field":"receiver"`},
		{"long sender", `{"receiver":"1","sender":"123456789012345678901","number":1}`, 400, `"field":"sender"`},
		{"no number", `{"receiver":"1"}`, 400, `"field":"number"`},
		{"number as text", `{"receiver":"1","number":"1"}`, 400, `"field":"number"`},
		{"number too large", `{"receiver":"1","number":70000}`, 400, `"field":"number"`},
		{"number out of range", `{"receiver":"1","number":258}`, 400, `"field":"number"`},
		{"number with a fraction", `{"receiver":"1","number":1.5}`, 400, `"field":"number"`},
		{"unknown status", `{"receiver":"1","number":1,"status":3}`, 400, `"field":"status"`},
		{"no time", `{"receiver":"1","number":1,"read_at":"yesterday"}`, 400, `"field":"read_at"`},
		{"future", `{"receiver":"1","number":1,"read_at":"` + later + `"}`, 400, `"field":"read_at"`},
		{"long id", `{"receiver":"1","number":1,"id":"` + strings.Repeat("x", 300) + `"}`, 400, `"field":"id"`},
		{"not JSON", `receiver=1`, 400, `not JSON`},
		{"not an object", `17`, 400, `not an object`},
		{"more after the object", `{"receiver":"1","number":1}{}`, 400, `not JSON`},
		{"empty", ``, 400, `is empty`},
		{"empty array", `[]`, 400, `empty array`},
		{"array cut short", `[{"receiver":"1"}`, 400, `not JSON`},
		{"array of one kind", `[{"receiver":"447700900123","sender":"bank","number":1},{"receiver":"447700900123","sender":"10690001","number":1}]`, 202, `[{"code":202},{"code":202}]`},
		{"array", `[{"receiver":"447700900123","sender":"bank","number":1},{"number":1}]`, 207, `[{"code":202},{"code":400,"error":"is missing","field":"receiver"}]`},
		{"1001 items", "[" + strings.Repeat("{},", 1000) + "{}]", 413, `1000 items`},
		{"over 64 KiB", strings.Repeat(" ", 65<<10), 413, `64 KiB`},
	}
}

func TestVerdicts(t *testing.T) {
	opt := testOptions(t)
	opt.ReadWait = 50 * time.Millisecond
	r := serve(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1") // number 1
	r.submit(c, "id2") // number 2
	r.submit(relaytest.Conversation(t, "bank", "447700900123"), "id3")
	r.ledger.SendAt(c, "id4", time.Now().Add(-opt.Keep-time.Minute)) // number 3
	r.ledger.Assign(c)                                               // number 4, not answered
	for _, tt := range append(wellFormed, malformedReads()...) {
		t.Run(tt.name, func(t *testing.T) {
			code, body := r.call("POST", "/v1/reads", tt.body)
			if code != tt.code || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %s, want %d with %s", code, body, tt.code, tt.want)
			}
		})
	}
}

func TestAPIKey(t *testing.T) {
	sum := sha256.Sum256([]byte("secret"))
	opt := testOptions(t)
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "other", SHA256: strings.Repeat("00", 32)}, {Name: "app", SHA256: hex.EncodeToString(sum[:])}}
	r := serve(t, opt)
	tests := []struct {
		name, header, value string
		code                int
	}{
		{"none", "X-Other", "secret", 401},
		{"wrong", "X-API-Key", "secret1", 401},
		{"right", "X-API-Key", "secret", 404},
		{"bearer", "Authorization", "Bearer secret", 404},
		{"basic", "Authorization", "Basic secret", 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"receiver":"447700900123","number":1}`
			if code, got := r.call("POST", "/v1/reads", body, tt.header, tt.value); code != tt.code {
				t.Errorf("got %d %s, want %d", code, got, tt.code)
			}
			if code, _ := r.call("GET", "/v1/conversations/a/1", "", tt.header, tt.value); (code == 401) != (tt.code == 401) {
				t.Errorf("conversation: got %d", code)
			}
		})
	}
}

func TestConversationView(t *testing.T) {
	r := serve(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i := range 5 {
		r.submit(c, fmt.Sprint("id", i+1))
	}
	for _, number := range []int{1, 3} {
		r.read(c, number)
	}
	code, body := r.call("GET", "/v1/conversations/10690001/+447700900123", "")
	var v reads.ConversationView
	if err := json.Unmarshal([]byte(body), &v); err != nil || code != 200 {
		t.Fatalf("got %d %s, %v", code, body, err)
	}
	for i, want := range []string{"read", "sent", "read", "sent", "sent"} {
		m := v.Messages[i]
		if m.Number != uint16(i+1) || m.State != want || m.MessageIDs[0] != fmt.Sprint("id", i+1) || (m.ReadAt != nil) != (want == "read") {
			t.Errorf("message %d: got %+v, want %s", i+1, m, want)
		}
	}
	if v.Shown.Read == nil || *v.Shown.Read != 3 || v.Shown.Sent == nil || *v.Shown.Sent != 5 {
		t.Errorf("shown: got %s, want read 3 and sent 5", body)
	}
	code, body = r.call("GET", "/v1/conversations/x/+1", "")
	if want := `{"sender":"x","receiver":"1","messages":[],"shown":{"read":null,"sent":null}}`; code != 200 || body != want {
		t.Errorf("empty: got %d %s, want %s", code, body, want)
	}
	if code, _ := r.call("GET", "/v1/conversations/x/"+strings.Repeat("1", 21), ""); code != 400 {
		t.Errorf("long address: got %d, want 400", code)
	}
}

func TestServeReads(t *testing.T) {
	r := serve(t, testOptions(t))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.api.Serve(ctx, ln) }()
	resp, err := http.Post("http://"+ln.Addr().String()+"/v1/reads", "text/plain", strings.NewReader(`{"receiver":"1","number":1}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 404 || resp.Body.Close() != nil {
		t.Errorf("got %d %s, %v, want 404", resp.StatusCode, body, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("serve: %v", err)
	}
}

// A body that is cut off is not malformed, because that would be final.
func TestBodyBroken(t *testing.T) {
	r := serve(t, testOptions(t))
	w := httptest.NewRecorder()
	r.api.Handler().ServeHTTP(w, httptest.NewRequest("POST", "http://localhost/v1/reads", iotest.ErrReader(errors.New("timeout"))))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d, Retry-After %q, want 503 and seconds", w.Code, w.Header().Get("Retry-After"))
	}
}
