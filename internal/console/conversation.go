package console

import (
	"net/url"

	"readback/relay/reads"
)

// conversationView is a conversation as on the phone of its sender.
type conversationView struct {
	Sender, Receiver string // as asked for
	Found            *reads.ConversationView
	Bubbles          []bubble
}

// bubble is a message of a conversation.
type bubble struct {
	reads.MessageView
	Text string // empty: the gateway keeps no texts
	Mark string // read or sent, at the message that shows it; else empty
}

func conversationData(v *visit) (any, *problem) {
	view := conversationView{Sender: v.r.URL.Query().Get("sender"), Receiver: v.r.URL.Query().Get("receiver")}
	if view.Sender == "" || view.Receiver == "" {
		return view, nil
	}
	found, p := get[reads.ConversationView](v, "/v1/conversations/"+url.PathEscape(view.Sender)+"/"+url.PathEscape(view.Receiver))
	if p != nil {
		return view, p
	}
	view.Found, view.Bubbles = &found, bubbles(&found)
	return view, nil
}

// bubbles returns the messages with their marks: read at the newest that was read, sent at the last that was not.
func bubbles(c *reads.ConversationView) []bubble {
	all := make([]bubble, len(c.Messages))
	for i, m := range c.Messages {
		all[i] = bubble{MessageView: m}
	}
	mark := func(number *uint16, text string) {
		for i := len(all) - 1; number != nil && i >= 0; i-- { // the newest with the number
			if all[i].Number == *number {
				all[i].Mark = text
				return
			}
		}
	}
	mark(c.Shown.Sent, "sent")
	mark(c.Shown.Read, "read")
	return all
}
