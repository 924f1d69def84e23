package relay

import (
	"time"

	"readback/relay/message"
)

// receiptWait is how long a feedback waits for the SMSC's receipt of its message; 0 if it
// need not.
func (a *account) receiptWait(fb *message.Feedback) time.Duration {
	if !fb.ReceiptPending {
		return 0
	}
	return a.relay.settings.Load().account(a.name).AfterReceipt
}

// lookForReceipt lets a feedback go if the receipt has passed since it was published.
func (a *account) lookForReceipt(fb *message.Feedback) {
	c := fb.Conversation()
	f, err := a.relay.index.findNumber(&c, fb.Number, message.DayOf(fb.SubmittedAt.UnixMilli()))
	if err == nil && f != nil && !f.entry.awaitsReceipt() {
		a.change(func(o *order) { o.passed(c, fb.Number) })
	}
}

// receiptPassed lets the feedback on a message go.
func (s *accounts) receiptPassed(r receipted) {
	s.mu.Lock()
	a := s.all[r.account]
	s.mu.Unlock()
	if a != nil {
		a.change(func(o *order) { o.passed(r.conv, r.number) })
	}
}
