package intake

import (
	"encoding/json"
	"log/slog"

	"github.com/nats-io/nats.go"

	"readback/relay/broker"
	"readback/relay/relaytest"
)

// way sends a read response and returns its verdict and the field at fault.
type way func(authorization, body string) (code int, field string)

// ways are all ways in of this package. They log to lines.
func (r *fixture) ways(lines <-chan map[string]any) map[string]way {
	nc, err := nats.Connect(r.broker.ClientURL())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(nc.Close)
	verdict := func(answer []byte) (int, string) {
		var v verdictJSON
		if err := json.Unmarshal(answer, &v); err != nil {
			r.t.Fatalf("answer %q: %v", answer, err)
		}
		return v.Code, v.Field
	}
	ask := func(subject, authorization, body string) *nats.Msg {
		m := nats.NewMsg(subject)
		m.Data = []byte(body)
		if authorization != "" {
			m.Header.Set("Authorization", authorization)
		}
		answer, err := nc.RequestMsgWithContext(relaytest.Deadline(r.t), m)
		if err != nil {
			r.t.Fatal(err)
		}
		return answer
	}
	return map[string]way{
		"http": func(authorization, body string) (int, string) {
			var headers []string
			if authorization != "" {
				headers = []string{"Authorization", authorization}
			}
			_, answer := r.call("POST", "/v1/reads", body, headers...)
			relaytest.Receive(r.t, lines)
			return verdict([]byte(answer))
		},
		"nats request": func(authorization, body string) (int, string) {
			answer := ask(broker.SubjectReadsNow, authorization, body)
			relaytest.Receive(r.t, lines)
			return verdict(answer.Data)
		},
		"nats stream": func(authorization, body string) (int, string) {
			ask(subjectReads, authorization, body) // it is stored
			line := relaytest.Receive(r.t, lines)
			field, _ := line["field"].(string)
			return int(line["verdict"].(float64)), field
		},
	}
}

// auditLines logs each verdict to a channel.
func auditLines(opt *fixtureOptions) <-chan map[string]any {
	lines := make(chan map[string]any, 1024)
	opt.Logger = slog.New(slog.NewJSONHandler(writerFunc(func(b []byte) (int, error) {
		line := make(map[string]any)
		if err := json.Unmarshal(b, &line); err != nil {
			return 0, err
		}
		if _, ok := line["verdict"]; ok {
			lines <- line
		}
		return len(b), nil
	}), nil))
	return lines
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
