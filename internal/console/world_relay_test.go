package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"readback/relay/feedback"
	"readback/relay/message"
	"readback/relay/reads"
)

// relay answers as the relay does.
func (w *world) relay(rw http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.note(r.Method + " " + r.URL.Path + "?" + r.URL.RawQuery)
		w.mu.Lock()
		w.letters = 0
		w.mu.Unlock()
		_, _ = rw.Write([]byte(`{"count":2}`))
		return
	}
	switch {
	case r.URL.Path == "/v1/dead":
		_ = json.NewEncoder(rw).Encode(map[string]any{"letters": w.deadLetters()})
	case r.URL.Path == "/v1/feedback":
		_ = json.NewEncoder(rw).Encode(map[string]any{"queues": []feedback.Queue{{Account: "shop", Waiting: 3, Oldest: w.now.Add(-time.Minute), Age: 60}}})
	case strings.HasSuffix(r.URL.Path, "/447700900999"):
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = rw.Write([]byte(`{"code":400,"field":"receiver","error":"is no phone number"}`))
	default:
		_ = json.NewEncoder(rw).Encode(w.conversation())
	}
}

func (w *world) deadLetters() []feedback.DeadLetter {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []feedback.DeadLetter{}
	for i := range w.letters {
		all = append(all, feedback.DeadLetter{
			ID: uint64(i + 1), Account: "shop", Event: fmt.Sprintf("evt-%d", i+1), Reason: "webhook answers 410 Gone", Time: w.now.Add(-time.Hour), Tries: 1,
			Feedback: []byte(`{"event":"evt","account":"shop","sender":"10690001","receiver":"+44*********3","number":7,"status":1,"message_ids":["4A7F01"]}`),
		})
	}
	return all
}

// held returns the receipts that wait, a page of them with one.
func (w *world) held(_ context.Context, account string, after uint64, _ int) (all []feedback.Held, more bool, err error) {
	var c message.Conversation
	c.Sender, _ = message.NewAddr("10690001")
	c.Receiver, _ = message.NewAddr("447700900123")
	for id := after + 1; id <= 2 && account != "nobody"; id++ {
		all = append(all, feedback.Held{ID: id, Account: "shop", Conversation: c, Number: 7, MessageID: "4A7F01", Since: w.now.Add(-time.Minute), Until: w.now.Add(time.Minute)})
	}
	return all[:min(1, len(all))], len(all) > 1, nil
}

func (w *world) conversation() reads.ConversationView {
	read, sent := uint16(2), uint16(4)
	v := reads.ConversationView{Sender: "10690001", Receiver: "447700900123", Shown: reads.Shown{Read: &read, Sent: &sent}}
	for i, state := range []string{"read", "read", "failed", "sent"} {
		m := reads.MessageView{Number: uint16(i + 1), State: state, Account: "bank", MessageIDs: []string{fmt.Sprintf("4A7F0%d", i)}, SubmittedAt: w.now.Add(time.Duration(i-9) * time.Minute)}
		if state == "read" {
			m.ReadAt = &w.now
		}
		v.Messages = append(v.Messages, m)
	}
	return v
}
