package relay

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/relaytest"
)

func TestReadsOverNATS(t *testing.T) {
	opt := testOptions(t)
	opt.Listen = "127.0.0.1:0"
	r := start(t, opt)
	nc, err := nats.Connect(r.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, id := range []string{"id1", "id2", "id3"} {
		r.submit(c, id)
	}
	told := r.tellings("bank")
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
	if fb := relaytest.Receive(t, told); fb.Number != 1 {
		t.Errorf("feedback: got number %d, want 1", fb.Number)
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
	for range 2 {
		if fb := relaytest.Receive(t, told); fb.Number != 2 && fb.Number != 3 {
			t.Errorf("feedback: got number %d, want 2 or 3", fb.Number)
		}
	}
	r.wantEmpty(streamReads)
}

// Reads that come too fast for one receiver are put off, and do not delay those of others.
func TestBusyReceiver(t *testing.T) {
	opt := testOptions(t)
	opt.ReadRate, opt.ReadBurst = 1, 1
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := r.submit(c, "id1")
	told := r.tellings("bank")
	for range maxAckPending + maxIntake {
		if _, err := r.js.PublishAsync(subjectReads, []byte(`{"receiver":"447700900999","number":1}`)); err != nil {
			t.Fatal(err)
		}
	}
	body := fmt.Appendf(nil, `{"receiver":"447700900123","number":%d}`, s.Number)
	if _, err := r.js.Publish(relaytest.Deadline(t), subjectReads, body); err != nil {
		t.Fatal(err)
	}
	if fb := relaytest.Receive(t, told); fb.Number != s.Number {
		t.Errorf("feedback: got number %d, want %d", fb.Number, s.Number)
	}
	r.wantMessages(streamReads, maxPutOff) // those that are put off
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

// until are Tokens that expire then.
type until struct{ time.Time }

func (u until) Subject(token string, now time.Time) (string, error) {
	if now.After(u.Time) {
		return "", ErrStopped
	}
	return token, nil
}

// Whether a token has expired depends on when the stream got the message.
func TestTokenExpiresInStream(t *testing.T) {
	opt := testOptions(t)
	expiry := time.Now().Add(-time.Hour)
	opt.Auth, opt.Tokens = []string{access.AuthJWT}, until{expiry}
	r := start(t, opt)
	for after, want := range map[time.Duration]string{-time.Minute: "404", time.Minute: "401"} {
		m := &stored{at: expiry.Add(after)}
		(&natsIntake{&streamIntake{submitter: r.submitter, log: r.log}}).takeRead(relaytest.Deadline(t), m)
		if !strings.HasPrefix(m.refused, want) {
			t.Errorf("stored %v after the token expired: got %q, want %s", after, m.refused, want)
		}
	}
}
