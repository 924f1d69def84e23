package relay

import (
	"bytes"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
)

// reported records that an ESME has acknowledged a feedback. It never waits: when too
// much waits for the log it stays unknown when that was.
func (s *feedbackShared) reported(fb *message.Feedback) {
	f, err := s.index.findFeedback(fb)
	if err != nil || f == nil || f.entry.reportedAt != 0 {
		return // expired, told again, or on its way out
	}
	rec := journal.Record{Place: f.place, At: time.Now().UnixMilli()}
	s.ledger.record(journal.KindReported, func(dst []byte) []byte { return journal.AppendReported(dst, &rec) })
}

// findFeedback returns the entry of the message that a feedback is about; nil when it is gone.
// It stands under the day of the part that was numbered first, seldom the one after the first
// submission's.
func (ix *index) findFeedback(fb *message.Feedback) (*found, error) {
	var c message.Conversation
	var err error
	if c.Sender, err = message.NormalAddr(fb.Sender); err != nil {
		return nil, err
	}
	if c.Receiver, err = message.NormalAddr(fb.Receiver); err != nil {
		return nil, err
	}
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	day := message.DayOf(fb.SubmittedAt.UnixMilli())
	var f found
	for _, d := range []uint16{day, day + 1} {
		key := entryKey(nil, &journal.Place{Conv: c, Day: d, Number: fb.Number})
		if !l.it.SeekGE(key) || !bytes.Equal(l.it.Key(), key) {
			continue
		}
		if f, err = l.read(); err == nil && feedbackID(&f.place, &f.entry) == fb.Event {
			return &f, l.close()
		}
	}
	return nil, firstError(err, l.it.Error(), l.close())
}
