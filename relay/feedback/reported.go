package feedback

import (
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// lookUpMessage returns the message that a feedback is about; nil if it is gone, or if the index cannot be read.
func (s *shared) lookUpMessage(fb *message.Feedback) *index.Found {
	f, err := s.index.FindFeedback(fb)
	if err != nil {
		return nil
	}
	return f
}

// recordReported records that an ESME has acknowledged the feedback on a message, as it was found before: one with this
// session, or zero. It never waits. If too much waits for the log, the time is not recorded.
func (s *shared) recordReported(f *index.Found, by message.Session) {
	if f == nil || f.Entry.ReportedAt != 0 {
		return // expired, or told again
	}
	at := time.Now().UnixMilli()
	rec := journal.Record{Kind: journal.KindReported, Place: f.Place, At: at, Session: by}
	if by != 0 {
		rec.Kind = journal.KindTold
	}
	_ = s.ledger.Enqueue(rec.Kind, func(dst []byte) []byte { return journal.Append(dst, &rec) }) // or it stays unknown
}
