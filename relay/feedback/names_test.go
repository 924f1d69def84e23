package feedback

import (
	"bytes"
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/message"
)

// A feedback goes to the queue under the names that its JSON has, whatever is in its texts.
func TestNamesOfAFeedback(t *testing.T) {
	at := time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC)
	const text = `x","sender":"y","submitted_at":"z`
	for _, tt := range []struct {
		name, account string
		quick         bool
	}{
		{"plain", "bank", true},
		{"no account", "", true},
		{"quotes", `a"b`, false},
		{"escaped", "a<b", false},
		{"UTF-8", "bänk", false},
		{"Latin-1", "b\xe4nk", false},
		{"like JSON", text, false},
	} {
		fb := message.Feedback{Event: "01KAABBCCDDEEFFGGHHJJKKMMN", Account: tt.account, Sender: text, Receiver: text, MessageIDs: []string{text}, SubmittedAt: at}
		body, err := fb.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		n, ok := namesIn(body)
		if want := (names{fb.Event, tt.account, "2026-11-23T23:59:00Z"}); ok != tt.quick || ok && n != want {
			t.Errorf("%s: got %+v, %v, want %+v, %v", tt.name, n, ok, want, tt.quick)
		}
		spaced := append([]byte(" "), body...)
		q, err := feedbackMessage(index.Row{Body: body})
		slow, failed := feedbackMessage(index.Row{Body: spaced})
		if err != nil || failed != nil || q.account != tt.account || q.event != slow.event || q.account != slow.account ||
			q.Subject != slow.Subject || q.Header.Get("Nats-Msg-Id") != slow.Header.Get("Nats-Msg-Id") || !bytes.Equal(q.Data, body) {
			t.Errorf("%s: got %+v, %v, want what its JSON says, %+v, %v", tt.name, q, err, slow, failed)
		}
		if _, ok := namesIn(body[:len(body)-1]); ok {
			t.Errorf("%s: got names of JSON that ends early", tt.name)
		}
	}
}
