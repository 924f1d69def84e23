package intake

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestReadsOverNATS(t *testing.T) {
	opt := testOptions(t)
	opt.Listen = "127.0.0.1:0"
	r := serve(t, opt)
	nc, err := nats.Connect(r.broker.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first, second, third := r.submit(c, "id1"), r.submit(c, "id2"), r.submit(c, "id3")
	tests := []struct{ name, body, want string }{
		{"one", `{"receiver":"447700900123","sender":"10690001","number":1}`, `{"code":202}`},
		{"array", `[{"receiver":"447700900123","sender":"10690001","number":1},{"receiver":"1","number":5}]`, `[{"code":202},{"code":404,"error":"no such message"}]`},
		{"malformed", `{`, `{"code":400,`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := nc.RequestWithContext(relaytest.Deadline(t), broker.SubjectReadsNow, []byte(tt.body))
			if err != nil || !strings.HasPrefix(string(m.Data), tt.want) {
				t.Fatalf("got %v, %v, want %s", m, err, tt.want)
			}
		})
	}
	if got := r.state(first); got != message.StateRead {
		t.Errorf("number 1: got %v, want it read", got)
	}
	for _, body := range []string{
		`{"receiver":"447700900123","sender":"10690001","number":2}`,
		`{"receiver":"447700900123","sender":"10690001","number":99}`,
		`not JSON`,
		`[{"receiver":"447700900123","sender":"10690001","number":3}]`,
	} {
		if _, err := nc.RequestWithContext(relaytest.Deadline(t), subjectReads, []byte(body)); err != nil {
			t.Fatalf("publish: %v", err)
		}
	}
	r.awaitRead(second)
	r.awaitRead(third)
	relaytest.WantMessages(t, r.js, streamReads, 0)
}

// Reads that come too fast for one receiver are put off, and do not delay those of others.
func TestBusyReceiver(t *testing.T) {
	opt := testOptions(t)
	opt.ReadRate, opt.ReadBurst, opt.Listen = 1, 1, "127.0.0.1:0"
	r := serve(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := r.submit(c, "id1")
	for range maxAckPending + maxSubmitting {
		if _, err := r.js.PublishAsync(subjectReads, []byte(`{"receiver":"447700900999","number":1}`)); err != nil {
			t.Fatal(err)
		}
	}
	body := fmt.Appendf(nil, `{"receiver":"447700900123","number":%d}`, s.Number)
	if _, err := r.js.Publish(relaytest.Deadline(t), subjectReads, body); err != nil {
		t.Fatal(err)
	}
	r.awaitRead(s)
	relaytest.WantMessages(t, r.js, streamReads, maxDelayed) // those that are put off
}

// stored is a message of the stream that came a while ago.
type stored struct {
	jetstream.Msg
	at      time.Time
	refused string
}

func (*stored) Data() []byte { return []byte(`{"receiver":"447700900123","number":1}`) }

func (*stored) Headers() nats.Header {
	return nats.Header{"authorization": {"Bearer 447700900123"}}
}

func (m *stored) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Timestamp: m.at, NumDelivered: 3}, nil
}

func (m *stored) TermWithReason(reason string) error {
	m.refused = reason
	return nil
}

// until is a Tokens whose tokens expire at a time.
type until struct{ time.Time }

func (u until) Subject(token string, now time.Time) (string, error) {
	if now.After(u.Time) {
		return "", errors.New("token has expired")
	}
	return token, nil
}

// Whether a token has expired depends on when the stream got the message.
func TestTokenExpiresInStream(t *testing.T) {
	opt := testOptions(t)
	expiry := time.Now().Add(-time.Hour)
	opt.Auth, opt.Tokens = []string{access.AuthJWT}, until{expiry}
	r := serve(t, opt)
	for after, want := range map[time.Duration]string{-time.Minute: "404", time.Minute: "401"} {
		m := &stored{at: expiry.Add(after)}
		(&natsClients{&streamReader{Submitter: r.submitter, log: opt.Logger}}).takeRead(relaytest.Deadline(t), m)
		if !strings.HasPrefix(m.refused, want) {
			t.Errorf("stored %v after the token expired: got %q, want %s", after, m.refused, want)
		}
	}
}
