package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// CheckNewest returns a FormatError if a newer release has written the newest message of the
// log. replay calls it before it changes anything, because an index that has applied this message
// does not read it again.
func CheckNewest(ctx context.Context, js jetstream.JetStream, last uint64) error {
	stream, err := js.Stream(ctx, Stream)
	if err != nil {
		return fmt.Errorf("stream %s: %w", Stream, err)
	}
	m, err := stream.GetMsg(ctx, last)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil // it has expired just now
	}
	if err != nil {
		return fmt.Errorf("newest message of the log: %w", err)
	}
	r, _ := ParseBatch(m.Data) // its error sticks
	for rec := (Record{}); r.Next(&rec); {
	}
	if newer, ok := errors.AsType[*FormatError](r.Err); ok {
		return newer
	}
	return nil // what is damaged matters when it is read
}
