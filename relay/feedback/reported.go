package feedback

import (
	"time"

	"readback/relay/journal"
	"readback/relay/message"
)

// recordReported records that an ESME has acknowledged a feedback. It never waits. If too much waits
// for the log, the time is not recorded.
func (s *shared) recordReported(fb *message.Feedback) {
	f, err := s.index.FindFeedback(fb)
	if err != nil || f == nil || f.Entry.ReportedAt != 0 {
		return // expired, told again, or on its way out
	}
	at := time.Now().UnixMilli()
	_ = s.ledger.Enqueue(journal.KindReported, func(dst []byte) []byte { // or it stays unknown
		return journal.AppendReported(dst, &journal.Record{Place: f.Place, At: at})
	})
}

// wasReported reports whether the log knows that an ESME has acknowledged a feedback.
func (s *shared) wasReported(fb *message.Feedback) bool {
	f, err := s.index.FindFeedback(fb)
	return err == nil && f != nil && f.Entry.ReportedAt != 0
}
