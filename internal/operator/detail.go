package operator

import (
	"fmt"
	"strings"
	"time"

	"readback/internal/numbering"
	"readback/relay/message"
)

// reasonOf returns in a sentence why a message has no number.
func reasonOf(s numbering.Skip) string { return strings.ReplaceAll(s.Meaning(), "`", "") }

// detail returns a few words about what happened to a message.
func (m *Message) detail(what message.Happening) string {
	switch what {
	case message.HappenedSubmit:
		if m.Number == nil {
			return "by " + m.Account
		}
		text := fmt.Sprintf("by %s, number %d", m.Account, *m.Number)
		if m.Total > 1 {
			text += fmt.Sprintf(", in %d parts", m.Total)
		}
		return text + ", message_id " + m.ids()
	case message.HappenedRead, message.HappenedDelete:
		return "at " + m.ReadAt.Format(time.RFC3339) + " by the receiver's clock"
	case message.HappenedTold:
		return m.Feedback.Form
	case message.HappenedDead:
		return m.Feedback.Reason
	}
	return ""
}

// ids returns the message_ids of the parts that the SMSC has accepted.
func (m *Message) ids() string {
	ids := make([]string, len(m.Parts))
	for i, p := range m.Parts {
		ids[i] = p.MessageID
	}
	return strings.Join(ids, " ")
}
