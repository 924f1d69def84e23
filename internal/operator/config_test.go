package operator

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"
)

// TestConfigPage asks for all settings, for some, and page by page.
func TestConfigPage(t *testing.T) {
	text := func(s string) *string { return &s }
	page := ConfigPage(func() []Setting {
		return []Setting{
			{Key: "listen.addr", Value: ":2775", Source: Source{Kind: "default"}, Pending: text(":2777")},
			{Key: "log.level", Value: "warn", Source: Source{"file", "readback.yaml", 7}, Live: true, AtStart: text("")},
			{Key: "log.mask", Value: "true", Source: Source{Kind: "env", Name: "READBACK_LOG_MASK"}, Live: true},
		}
	})
	for _, tt := range []struct {
		query  string
		keys   []string
		next   string
		status int
	}{
		{"", []string{"listen.addr", "log.level", "log.mask"}, "", 200},
		{"?key=log.", []string{"log.level", "log.mask"}, "", 200},
		{"?changed=true", []string{"listen.addr", "log.level"}, "", 200},
		{"?changed=true&key=log", []string{"log.level"}, "", 200},
		{"?key=zzz", nil, "", 200},
		{"?limit=2", []string{"listen.addr", "log.level"}, "2", 200},
		{"?limit=2&cursor=2", []string{"log.mask"}, "", 200},
		{"?limit=1&key=log", []string{"log.level"}, "2", 200},
		{"?limit=0", nil, "", 400},
		{"?cursor=x", nil, "", 400},
	} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest("GET", "/v1/config"+tt.query, nil))
		var got Settings
		err := json.Unmarshal(w.Body.Bytes(), &got)
		var keys []string
		for _, s := range got.Settings {
			keys = append(keys, s.Key)
		}
		if err != nil || w.Code != tt.status || !slices.Equal(keys, tt.keys) || got.Next != tt.next {
			t.Errorf("%q: got %d, %q and next %q, %v; want %d, %q and %q", tt.query, w.Code, keys, got.Next, err, tt.status, tt.keys, tt.next)
		}
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest("GET", "/v1/config?key=log.level", nil))
	want := `{"settings":[{"key":"log.level","value":"warn","source":{"kind":"file","name":"readback.yaml","line":7},"live":true,"at_start":""}]}` + "\n"
	if got := w.Body.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for want, s := range map[string]Source{"default": {Kind: "default"}, "--set": {Kind: "flag", Name: "--set"}, "a.yaml:3": {"file", "a.yaml", 3}} {
		if s.String() != want {
			t.Errorf("got %q, want %q", s, want)
		}
	}
}
