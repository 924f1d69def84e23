package operator

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"readback/internal/flow"
)

// flowed are samples, one a second.
type flowed int

func (f flowed) Since(at time.Time) (all []flow.Sample) {
	for i := range int(f) {
		if s := (flow.Sample{Time: time.Now().Add(-time.Duration(int(f)-i) * time.Second), Messages: 2}); s.Time.After(at) {
			all = append(all, s)
		}
	}
	return all
}

func TestFlow(t *testing.T) {
	for query, want := range map[string]int{"": 120, "?minutes=1": 59, "?minutes=60": 113} {
		w := httptest.NewRecorder()
		FlowPage(flowed(900)).ServeHTTP(w, httptest.NewRequest("GET", "/v1/flow"+query, nil))
		var page Flow
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Samples) < want-1 || len(page.Samples) > want+1 || page.Samples[0].Messages != 2 {
			t.Errorf("%q: got %d samples, %v, want about %d", query, len(page.Samples), err, want)
		}
	}
	w := httptest.NewRecorder()
	if FlowPage(flowed(1)).ServeHTTP(w, httptest.NewRequest("GET", "/v1/flow?minutes=61", nil)); w.Code != 400 {
		t.Errorf("61 minutes: got %d, want 400", w.Code)
	}
}
