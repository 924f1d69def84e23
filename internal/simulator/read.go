package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"readback/handset"
)

// Respond sends a read response and returns nil when it has been accepted.
type Respond func(ctx context.Context, r handset.Response) error

// RefusedError is a verdict other than accepted.
type RefusedError struct{ handset.Verdict }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("read response refused: %d %s %s", e.Code, e.Field, e.Reason)
}

const (
	respondTries   = 10
	respondTimeout = 15 * time.Second // of one try
	firstBackoff   = 50 * time.Millisecond
	maxBackoff     = 5 * time.Second
)

// HTTPReads returns a Respond that posts to url, with apiKey as X-API-Key if it is not empty.
// It tries ten times while the server is unreachable or unavailable. That is safe: the same
// response twice is one read. A verdict other than 202 is a *RefusedError.
func HTTPReads(url, apiKey string) Respond {
	server := handset.HTTP{URL: url, APIKey: handset.Key(apiKey)}
	return func(ctx context.Context, r handset.Response) error {
		backoff := firstBackoff
		for try := 1; ; try++ {
			wait, err := respondOnce(ctx, server.Send, r)
			if err == nil || wait < 0 || try == respondTries || ctx.Err() != nil {
				return err
			}
			t := time.NewTimer(min(max(wait, backoff), maxBackoff))
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return err
			}
			backoff *= 2
		}
	}
}

// respondOnce tries once. With an error it returns how long the server asks to wait, or a
// negative time if another try makes no sense.
func respondOnce(ctx context.Context, send handset.Sender, r handset.Response) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, respondTimeout)
	defer cancel()
	v, err := send(ctx, []handset.Response{r})
	switch later := (*handset.LaterError)(nil); {
	case errors.As(err, &later) && later.Code == http.StatusUnauthorized: // the key would not change
		return -1, &RefusedError{later.Verdict}
	case errors.As(err, &later):
		return later.After, err
	case err != nil:
		return 0, err
	case !v[0].Accepted():
		return -1, &RefusedError{v[0]}
	}
	return 0, nil
}
