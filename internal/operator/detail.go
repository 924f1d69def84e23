package operator

import (
	"fmt"
	"strings"
	"time"

	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/relay/message"
)

// reasonOf returns in a sentence why a message has no number.
func reasonOf(s numbering.Skip) string { return strings.ReplaceAll(s.Meaning(), "`", "") }

// skipOf returns why a message in memory has no number, in a word and in a sentence.
func skipOf(s *gateway.Skipped) (word, reason string) {
	if s.Skip == numbering.Numbered {
		return refused, "The SMSC refused it, with " + s.Status + "; another message gets its number."
	}
	return s.Skip.String(), reasonOf(s.Skip)
}

// detail returns a few words about what happened to a message.
func (m *Message) detail(what message.Happening) string {
	switch what {
	case message.HappenedSubmit:
		return m.submission()
	case message.HappenedAccept:
		return "message_id " + m.ids()
	case message.HappenedRead, message.HappenedDelete:
		text := "at " + m.ReadAt.Format(time.RFC3339) + " by the receiver's clock"
		if m.Way != "" {
			text += ", reported by " + m.Way
		}
		return text
	case message.HappenedTold:
		return m.Feedback.Form + inSession(m.Feedback.Session)
	case message.HappenedDead:
		return m.Feedback.Reason
	}
	return ""
}

// submission returns a few words about how a message was submitted.
func (m *Message) submission() string {
	text := "by " + m.Account + inSession(m.Session)
	if m.Number == nil {
		return text
	}
	text += fmt.Sprintf(", number %d", *m.Number)
	if m.Carriage != "" {
		text += " (" + m.Carriage + ")"
	}
	switch {
	case m.Split:
		text += fmt.Sprintf(", split into %d parts", m.Total)
	case m.Total > 1:
		text += fmt.Sprintf(", in %d parts", m.Total)
	}
	if m.AcceptedAt.IsZero() {
		text += ", message_id " + m.ids()
	}
	return text
}

// inSession says which session of an ESME it was, if that is known.
func inSession(id uint32) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf(" in session %d", id)
}

// ids returns the message_ids of the parts that the SMSC has accepted.
func (m *Message) ids() string {
	ids := make([]string, len(m.Parts))
	for i, p := range m.Parts {
		ids[i] = p.MessageID
	}
	return strings.Join(ids, " ")
}
