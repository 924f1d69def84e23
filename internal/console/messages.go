package console

import (
	"net/url"

	"readback/internal/operator"
)

// messageView is what the page about messages shows.
type messageView struct {
	IsAsked bool
	Found   operator.Messages
}

func messageData(v *visit) (any, *problem) {
	q, asked := url.Values{}, v.r.URL.Query()
	names := []string{"receiver", "sender", "account", "full", "limit", "cursor"}
	if asked.Get("message_id") != "" {
		names = []string{"message_id", "account", "full"}
	}
	for _, name := range names {
		if value := asked.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	if q.Get("message_id") == "" && q.Get("receiver") == "" {
		return messageView{}, nil
	}
	found, p := get[operator.Messages](v, "/v1/messages?"+q.Encode())
	if p != nil {
		return messageView{}, p
	}
	return messageView{IsAsked: true, Found: found}, nil
}
