package operator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"readback/relay/message"
)

func TestHash(t *testing.T) {
	key := message.SubscriberKey("0123456789abcdef")
	for _, tt := range []struct {
		name, path string
		key        message.SubscriberKey
		status     int
		want       string
	}{
		{"number", "/v1/receivers/447700900101/hash", key, 200, `{"receiver":"447700900101","subscriber":"841d67d0267d05b2"}`},
		{"as people write it", "/v1/receivers/%2B44%207700%20900101/hash", key, 200, `{"receiver":"447700900101","subscriber":"841d67d0267d05b2"}`},
		{"no number", "/v1/receivers/shop/hash", key, 400, `"field":"receiver"`},
		{"no key", "/v1/receivers/447700900101/hash", nil, 503, "log.subscriber_key_file"},
	} {
		mux, w := http.NewServeMux(), httptest.NewRecorder()
		mux.Handle("GET /v1/receivers/{receiver}/hash", HashPage(tt.key))
		mux.ServeHTTP(w, httptest.NewRequest("GET", tt.path, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: got %d %s, want %d with %s", tt.name, w.Code, w.Body, tt.status, tt.want)
		}
	}
}
