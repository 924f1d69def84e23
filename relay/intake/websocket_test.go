package intake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"readback/relay/broker"
	"readback/relay/relaytest"
)

// A client that speaks NATS over WebSocket may ask for the verdict as the reply.
func TestWebSocketNATS(t *testing.T) {
	r := serveClients(t, clientOptions(t))
	c := relaytest.Conversation(t, "10690001", handsetNumber)
	s := r.submit(c, "id1")
	nc := r.webSocketClient(t, nats.Token("secret"))
	body := fmt.Appendf(nil, `{"number":%d}`, s.Number)
	m, err := nc.Request(broker.SubjectReadsOf+handsetNumber, body, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"number":1,"code":202}`; string(m.Data) != want {
		t.Errorf("reply: got %s, want %s", m.Data, want)
	}
	// A reply subject of the process's own is not answered: the verdict goes where verdicts go.
	verdicts := make(chan *nats.Msg, 4)
	if _, err := nc.ChanSubscribe(broker.SubjectVerdictsOf+handsetNumber, verdicts); err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishRequest(broker.SubjectReadsOf+handsetNumber, "$JS.API.STREAM.DELETE."+streamReads, body); err != nil {
		t.Fatal(err)
	}
	relaytest.Receive(t, verdicts)
	if _, err := r.js.Stream(relaytest.Deadline(t), streamReads); err != nil {
		t.Errorf("stream: %v", err)
	}
}

// The verdicts on a long array are more than one message holds: all of them are told, in order.
func TestLongVerdict(t *testing.T) {
	const items = 1000 // as many as an array may have
	opt := clientOptions(t)
	opt.ReadRate, opt.ReadBurst = 1, 1
	r := serveClients(t, opt)
	nc := r.webSocketClient(t, nats.Token("secret"))
	verdicts := make(chan *nats.Msg, 16)
	if _, err := nc.ChanSubscribe(broker.SubjectVerdictsOf+handsetNumber, verdicts); err != nil {
		t.Fatal(err)
	}
	body := []byte(`[{"number":1,"id":"` + strings.Repeat("<", 10_000) + `"}`)
	for i := 1; i < items; i++ {
		body = fmt.Appendf(body, `,{"number":1,"id":"00000000-0000-%04d"}`, i)
	}
	if err := nc.Publish(broker.SubjectReadsOf+handsetNumber, append(body, ']')); err != nil {
		t.Fatal(err)
	}
	var all []topicVerdict
	for len(all) < items {
		var some []topicVerdict
		if err := json.Unmarshal(relaytest.Receive(t, verdicts).Data, &some); err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	if all[0].ID != "" || all[0].Code != http.StatusBadRequest {
		t.Errorf("too long an id: got %d with %d octets of it, want 400 without", all[0].Code, len(all[0].ID))
	}
	for i, v := range all[1:] {
		if want := fmt.Sprintf("00000000-0000-%04d", i+1); v.ID != want || v.Code == 0 {
			t.Fatalf("item %d: got %+v, want the verdict on %s", i+1, v, want)
		}
	}
}

func (r *fixture) webSocketClient(t *testing.T, options ...nats.Option) *nats.Conn {
	t.Helper()
	options = append(options, nats.CustomInboxPrefix("readback.verdicts."+handsetNumber), nats.MaxReconnects(0), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	nc, err := nats.Connect(r.webSocketURL(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func TestOrigin(t *testing.T) {
	opt := clientOptions(t)
	opt.WebSocket.Origins = []string{"https://app.example"}
	r := serveClients(t, opt)
	for origin, want := range map[string]int{"https://app.example": http.StatusSwitchingProtocols, "https://evil.example": http.StatusForbidden} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(r.webSocketURL(), "ws", "http", 1)+"/mqtt", nil)
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
