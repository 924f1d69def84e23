package operator

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/reads"
)

// decided is what a service remembers.
type decided []reads.Decided

func (d decided) Latest() []reads.Decided { return d }

func TestReads(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 0, 0, 1000000, time.UTC)
	all := decided{
		{ID: 2, Time: at, Way: "mqtt", Verdict: message.Malformed("number", "is missing")},
		{ID: 1, Time: at, Way: "http", Caller: "app", Sender: "10690001", Receiver: "+447700900123", Number: 7, Status: message.StatusRead, Verdict: message.Accept()},
	}
	code := func(k message.VerdictKind) int { return 200 + int(k) }
	for query, want := range map[string][]ReadResponse{
		"": {
			{ID: 2, Time: at, Way: "mqtt", Code: 202, Error: "is missing", Field: "number"},
			{ID: 1, Time: at, Way: "http", Caller: "app", Sender: "10690001", Receiver: "+44*********3", Number: 7, Status: "read", Code: 201},
		},
		"?limit=1": {{ID: 2, Time: at, Way: "mqtt", Code: 202, Error: "is missing", Field: "number"}},
		"?full=true": {
			{ID: 2, Time: at, Way: "mqtt", Code: 202, Error: "is missing", Field: "number"},
			{ID: 1, Time: at, Way: "http", Caller: "app", Sender: "10690001", Receiver: "+447700900123", Number: 7, Status: "read", Code: 201},
		},
	} {
		w := httptest.NewRecorder()
		ReadPage(all, code).ServeHTTP(w, httptest.NewRequest("GET", "/v1/reads"+query, nil))
		var page ReadResponses
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || !reflect.DeepEqual(page.Reads, want) {
			t.Errorf("%q: got  %+v, %v\nwant %+v", query, page.Reads, err, want)
		}
	}
	w := httptest.NewRecorder()
	if ReadPage(all, code).ServeHTTP(w, httptest.NewRequest("GET", "/v1/reads?limit=0", nil)); w.Code != 400 {
		t.Errorf("no limit: got %d, want 400", w.Code)
	}
}
