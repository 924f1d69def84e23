package operator

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"readback/internal/ops"
)

// TestLogLevelPage sets levels, looks at them, and ends them.
func TestLogLevelPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(ops.LogSettings)
		if err := s.Set("info", true); err != nil {
			t.Fatal(err)
		}
		page := LogLevelPage(func() *ops.LogSettings { return s })
		for _, tt := range []struct {
			method, query, body string
			status              int
			want                string
		}{
			{"GET", "", "", 200, `{"level":"info","configured":"info","accounts":[]}`},
			{"PUT", "", `{"level":"debug","account":"bank"}`, 200, `{"level":"info","configured":"info","accounts":[{"account":"bank","level":"debug","until":"2000-01-01T00:15:00Z"}]}`},
			{"PUT", "", `{"level":"warn","for":"1h"}`, 200, `{"level":"warn","configured":"info","until":"2000-01-01T01:00:00Z","accounts":[{"account":"bank"`},
			{"DELETE", "?account=bank", "", 200, `{"level":"warn","configured":"info","until":"2000-01-01T01:00:00Z","accounts":[]}`},
			{"DELETE", "", "", 200, `{"level":"info","configured":"info","accounts":[]}`},
			{"PUT", "", `{"level":"loud"}`, 400, `want debug, info, warn or error`},
			{"PUT", "", `{"level":"debug","for":"10"}`, 400, `"field":"for"`},
			{"PUT", "", `{"level":"debug","for":"25h"}`, 400, `at most 24h`},
			{"PUT", "", `{"levels":"debug"}`, 400, `unknown field`},
			{"PUT", "", `{"level":"debug"} {}`, 400, `something after it`},
			{"PUT", "", `{"level":"debug"}]`, 400, `something after it`},
			{"PUT", "", `{"level":"debug"`, 400, `unexpected EOF`},
			{"PUT", "", strings.Repeat(" ", maxLevelRequest+1), 400, `too large`},
		} {
			w := httptest.NewRecorder()
			page.ServeHTTP(w, httptest.NewRequest(tt.method, "/v1/log/level"+tt.query, strings.NewReader(tt.body)))
			if got := w.Body.String(); w.Code != tt.status || !strings.Contains(got, tt.want) || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s %.40s: got %d %s, want %d %s", tt.method, tt.query, tt.body, w.Code, got, tt.status, tt.want)
			}
		}
		if err := s.SetLevel("", "debug", time.Nanosecond); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // virtual; the timer ends
	})
	w := httptest.NewRecorder()
	LogLevelPage(func() *ops.LogSettings { return nil }).ServeHTTP(w, httptest.NewRequest("GET", "/v1/log/level", nil))
	if w.Code != 409 {
		t.Errorf("without levels: got %d, want 409", w.Code)
	}
}

// A body that does not come in time is no wrong JSON, and the answer has no addresses.
func TestLogLevelSlowBody(t *testing.T) {
	late := &net.OpError{Op: "read", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, Err: os.ErrDeadlineExceeded}
	r := httptest.NewRequest(http.MethodPut, "/v1/log/level", io.MultiReader(strings.NewReader(`{"level":`), iotest.ErrReader(late)))
	w := httptest.NewRecorder()
	LogLevelPage(func() *ops.LogSettings { return new(ops.LogSettings) }).ServeHTTP(w, r)
	if w.Code != http.StatusRequestTimeout || strings.Contains(w.Body.String(), "192.0.2.1") {
		t.Errorf("got %d %s, want 408", w.Code, w.Body)
	}
}
