package relay

import (
	"context"

	"readback/relay/feedback"
	"readback/relay/history"
	"readback/relay/journal"
	"readback/relay/message"
)

// Histories finds messages for the operator.
func (r *Relay) Histories() *history.Finder { return r.histories }

// findFeedback is feedback.Service.Find from when the streams are there.
func (r *Relay) findFeedback(ctx context.Context, account string, all []*message.Feedback) (map[string]message.Told, error) {
	if !r.hasBegun() {
		return nil, journal.ErrNotConnected
	}
	return r.feedback.Find(ctx, account, all)
}

// HeldReceipts is feedback.Service.HeldReceipts from when the streams are there.
func (r *Relay) HeldReceipts(ctx context.Context, account string, after uint64, limit int) (all []feedback.Held, more bool, err error) {
	if !r.hasBegun() {
		return nil, false, journal.ErrNotConnected
	}
	return r.feedback.HeldReceipts(ctx, account, after, limit)
}
