package feedback

import (
	"encoding/json"
	"strings"

	"readback/relay/message"
)

// shownIDs is how many message_ids of a message in parts a line has.
const shownIDs = 3

// about returns what a line of the log says of the message that a feedback is about.
func about(fb *message.Feedback) []any {
	ids := fb.MessageIDs[:min(len(fb.MessageIDs), shownIDs)]
	return []any{"message_id", strings.Join(ids, ","), "sender", fb.Sender, "receiver", fb.Receiver, "number", fb.Number}
}

// aboutOctets is about for a feedback in JSON. It returns nothing if that cannot be read.
func aboutOctets(data []byte) []any {
	var fb message.Feedback
	if json.Unmarshal(data, &fb) != nil {
		return nil
	}
	return about(&fb)
}

// about returns what a line of the log says of a letter and its message.
func (l *letter) about() []any {
	return append([]any{"account", l.account, "event", l.event}, aboutOctets(l.data)...)
}
