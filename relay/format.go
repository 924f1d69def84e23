package relay

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// FormatError says that the log has what this release cannot read, since a newer one wrote it.
type FormatError struct {
	At    RecordError // where it stands in its batch
	Found string      // the version, or the kind of record
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("log was written by a newer release, or is damaged: it has %s, and this release reads batches of version %d with records of kinds 1 to %d; "+
		"run the newer release, or restore the store from a backup that this release or an older one wrote", e.Found, batchVersion, kinds-1)
}

func (e *FormatError) Unwrap() error { return &e.At }

// newer fails with a FormatError, if nothing has failed before.
func (d *decoder) newer(field, found string) {
	if d.err != nil {
		return
	}
	d.err = &FormatError{At: RecordError{Field: field, Offset: d.off, Reason: found + " is unknown"}, Found: found}
	d.off = len(d.b)
}

// checkNewest returns a FormatError if a newer release has written the newest message of the
// log. replay calls it before it changes anything, because an index that has applied this message
// does not read it again.
func checkNewest(ctx context.Context, js jetstream.JetStream, last uint64) error {
	stream, err := js.Stream(ctx, streamLedger)
	if err != nil {
		return fmt.Errorf("stream %s: %w", streamLedger, err)
	}
	m, err := stream.GetMsg(ctx, last)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil // it has expired just now
	}
	if err != nil {
		return fmt.Errorf("newest message of the log: %w", err)
	}
	r, _ := parseBatch(m.Data) // its error sticks
	for rec := (record{}); r.next(&rec); {
	}
	if newer, ok := errors.AsType[*FormatError](r.err); ok {
		return newer
	}
	return nil // what is damaged matters when it is read
}
