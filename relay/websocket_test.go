package relay

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// A client that speaks NATS over WebSocket may ask for the verdict as the reply.
func TestWebSocketNATS(t *testing.T) {
	r := startOpen(t, clientOptions(t))
	c := conversation(t, "10690001", handsetNumber)
	s := r.submit(c, "id1")
	nc := r.webSocketClient(t, nats.Token("secret"))
	body := fmt.Appendf(nil, `{"number":%d}`, s.Number)
	m, err := nc.Request(subjectReadsOf+handsetNumber, body, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"number":1,"code":202}`; string(m.Data) != want {
		t.Errorf("reply: got %s, want %s", m.Data, want)
	}
	// A reply subject of the process's own is not answered: the verdict goes where verdicts go.
	verdicts := make(chan *nats.Msg, 4)
	if _, err := nc.ChanSubscribe(subjectVerdictsOf+handsetNumber, verdicts); err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishRequest(subjectReadsOf+handsetNumber, "$JS.API.STREAM.DELETE."+streamFeedback, body); err != nil {
		t.Fatal(err)
	}
	receive(t, verdicts)
	if _, err := r.js.Stream(deadline(t), streamFeedback); err != nil {
		t.Errorf("feedback stream: %v", err)
	}
}

func (r *running) webSocketClient(t *testing.T, options ...nats.Option) *nats.Conn {
	t.Helper()
	options = append(options, nats.CustomInboxPrefix("readback.verdicts."+handsetNumber), nats.MaxReconnects(0), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	nc, err := nats.Connect(fmt.Sprintf("ws://127.0.0.1:%d", r.webSocket), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func TestOrigin(t *testing.T) {
	opt := clientOptions(t)
	opt.WebSocket.Origins = []string{"https://app.example"}
	r := startOpen(t, opt)
	for origin, want := range map[string]int{"https://app.example": http.StatusSwitchingProtocols, "https://evil.example": http.StatusForbidden} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/mqtt", r.webSocket), nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket",
			"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
		} {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: got %d, want %d", origin, res.StatusCode, want)
		}
	}
}
