package operator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A wrong query is answered with what is wrong, and what to do.
func TestWrongQueries(t *testing.T) {
	messages := MessagePage(MessageSource{Log: func(*http.Request, string) {}})
	for _, tt := range []struct {
		page  http.Handler
		query string
		field string
		hint  string
	}{
		{AccountPage(used{}), "limit=0", "limit", "without limit it is 100"},
		{StatisticsPage(time.Time{}, used{}, counted{}), "limit=many", "limit", "without limit it is 100"},
		{ConfigPage(nil), "cursor=x", "cursor", cursorHint},
		{ConfigPage(nil), "changed=maybe", "changed", "without changed it is false"},
		{TracePage(nil), "account=bank&full=1", "full", "without full it is false"},
		{ReadPage(nil, nil), "full=1", "full", "without full it is false"},
		{HeldPage(nil), "full=1", "full", "without full it is false"},
		{UnnumberedPage(nil), "full=1", "full", "without full it is false"},
		{messages, "message_id=A1&full=1", "full", "without full it is false"},
		{FlowPage(nil), "minutes=61", "minutes", "without minutes it is 10"},
		{TracePage(nil), "count=-1", "count", "without count it is 100"},
		{TracePage(nil), "receiver=123456789012345678901", "receiver", "write it with its country code, such as 447700900101"},
		{messages, "receiver=447700900101&cursor=x", "cursor", cursorHint},
		{messages, "receiver=447700900101&sender=123456789012345678901", "sender", "write it as in the messages, or leave it out for all senders"},
	} {
		w := httptest.NewRecorder()
		tt.page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?"+tt.query, nil))
		var got problem
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusBadRequest || got.Field != tt.field || got.Hint != tt.hint || got.Detail == "" {
			t.Errorf("%s: got %d %s, %v; want 400 about %s with the hint %q", tt.query, w.Code, w.Body, err, tt.field, tt.hint)
		}
	}
	w := httptest.NewRecorder()
	DrainPages(nil).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/drain?wait=soon", nil))
	var got problem
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Hint != "without wait it is 0" {
		t.Errorf("wait: got %s, %v", w.Body, err)
	}
}
