package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// subjectOwner is where the gateway that writes the log answers who it is. This only keeps a second one
// from taking the log away; the sequence that each append states is what makes it safe.
const subjectOwner = "readback.ledger.owner"

// Bounds of the wait for an owner that may be gone.
const (
	ownerAnswer   = time.Second     // for one answer
	ownerPatience = 5 * time.Second // then an owner that does not answer has lost the log
)

// Owner is the gateway that writes the log.
type Owner struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// OwnerError says that another gateway writes the log.
type OwnerError struct{ Owner Owner }

func (e *OwnerError) Error() string {
	return fmt.Sprintf("another gateway has the ledger (process %d on %s, since %s); this one waits until that is gone: "+
		"stop one of them, or give each a NATS of its own", e.Owner.PID, e.Owner.Host, e.Owner.Since.Format(time.RFC3339))
}

// Own answers that o writes the log, until release is called.
func Own(nc *nats.Conn, o Owner) (release func(), err error) {
	answer, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("own the log: %w", err)
	}
	sub, err := nc.Subscribe(subjectOwner, func(m *nats.Msg) { _ = m.Respond(answer) }) // it is asked again
	if err != nil {
		return nil, fmt.Errorf("own the log: %w", err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // or the connection is closed
}

// AwaitOwner returns nil if nobody writes the log. Its error is an *OwnerError if another gateway does. A
// gateway that does not answer for some seconds, because it was stopped or is cut off, has lost the log.
func AwaitOwner(ctx context.Context, nc *nats.Conn) error {
	patience := time.NewTimer(ownerPatience)
	defer patience.Stop()
	for {
		o, err := askOwner(ctx, nc)
		switch {
		case errors.Is(err, nats.ErrNoResponders):
			return nil
		case err == nil:
			return &OwnerError{o}
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("ask for the owner of the log: %w", err)
		}
		select {
		case <-patience.C:
			return nil
		default:
		}
	}
}

func askOwner(ctx context.Context, nc *nats.Conn) (o Owner, err error) {
	ctx, cancel := context.WithTimeout(ctx, ownerAnswer)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, subjectOwner, nil)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(m.Data, &o)
}
