package relay

import (
	"context"

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
