package relay

import (
	"context"
	"fmt"

	"readback/relay/journal"
)

// readLog opens the log beside its writer, to read what it has now.
func (c *connection) readLog(ctx context.Context) (journal.Log, error) {
	s, err := c.JS.Stream(ctx, journal.Stream)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return journal.NewJetStream(c.JS, s.CachedInfo(), nil)
}
