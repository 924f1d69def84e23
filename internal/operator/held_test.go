package operator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"readback/relay/feedback"
	"readback/relay/message"
)

func TestHeld(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	c := message.Conversation{Sender: addrOf(t, "10690001"), Receiver: addrOf(t, "447700900101")}
	all := []feedback.Held{
		{ID: 4, Account: "bank", Conversation: c, Number: 7, MessageID: "77", Since: at, Until: at.Add(time.Minute)},
		{ID: 9, Account: "shop", Since: at},
	}
	var asked []any
	source := func(_ context.Context, account string, after uint64, limit int) ([]feedback.Held, bool, error) {
		asked = []any{account, after, limit}
		if account == "down" {
			return nil, false, errors.New("no stream")
		}
		return all[:min(limit, 2)], limit < 2, nil
	}
	for _, tt := range []struct {
		query  string
		status int
		asked  []any
		want   string
	}{
		{"", 200, []any{"", uint64(0), 100}, `{"receipts":[{"id":4,"account":"bank","sender":"10690001","receiver":"447********1","number":7,"message_id":"77","since":"2026-11-30T10:00:00Z","until":"2026-11-30T10:01:00Z"},{"id":9,`},
		{"?account=bank&limit=1&cursor=3&full=true", 200, []any{"bank", uint64(3), 1}, `"receiver":"447700900101","number":7,"message_id":"77","since":"2026-11-30T10:00:00Z","until":"2026-11-30T10:01:00Z"}],"next":"4"}`},
		{"?account=down", 503, []any{"down", uint64(0), 100}, `"hint"`},
		{"?limit=0", 400, nil, `"field":"limit"`},
		{"?cursor=-1", 400, nil, `"field":"cursor"`},
	} {
		asked = nil
		w := httptest.NewRecorder()
		HeldPage(source).ServeHTTP(w, httptest.NewRequest("GET", "/v1/held"+tt.query, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || !json.Valid(w.Body.Bytes()) || !reflect.DeepEqual(asked, tt.asked) {
			t.Errorf("%s: got %d %s, asked %v; want %d with %s, %v", tt.query, w.Code, w.Body, asked, tt.status, tt.want, tt.asked)
		}
	}
}
