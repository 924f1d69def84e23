package journal

import (
	"context"
	"errors"
)

// Log holds the batches of one partition in order. It has one writer: Append fails once another
// writer has appended to the same log. A Log belongs to one goroutine. JetStream is the log of a
// gateway; Memory is a log in memory.
type Log interface {
	// Info describes the log as it was when it was opened.
	Info() Info
	// Last is the sequence of the last batch that the writer knows; 0 when the log is empty.
	Last() uint64
	// Newest returns the newest batch; nil when the log is empty, or it is damaged.
	Newest(ctx context.Context) ([]byte, error)
	// Replay calls f with the batches from sequence from to Info().Last, in order. It ends with
	// the first error of f. The batch is valid until f returns. What is damaged is left out.
	Replay(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) error
	// Append adds a batch behind Last. After an error it is not known whether the batch is in the
	// log, unless the error is a RefusedError; Settle finds out.
	Append(ctx context.Context, batch []byte) error
	// Pad makes the next batch take so many octets more of the file of the log, or MaxPadding if that is
	// fewer. Nobody reads them. A log that has no file does nothing.
	Pad(octets int)
	// Settle finds out what became of an append of batch. Last then says where the log ends.
	// The error is ErrFenced if another writer has appended.
	Settle(ctx context.Context, batch []byte) (Fate, error)
	// Check returns an error for which IsFinal is true if the writer has lost the log: another one has
	// appended, or the log is gone, or was replaced by another one.
	Check(ctx context.Context) error
	// Close gives back what the log holds. It does not end the log.
	Close()
}

// Info describes a log.
type Info struct {
	Created     int64  // when the log was made, Unix ns; another time is another log
	First, Last uint64 // sequences of the batches
	Missing     uint64 // batches between First and Last that are gone
	Empty       bool   // there is no batch: all have expired, or none was appended yet
}

// Fate is what became of an append that was not acknowledged.
type Fate int

// The fates of an append.
const (
	Unknown Fate = iota // the log does not say
	Landed              // the batch is in the log
	Lost                // it is not, and can be appended again
)

var (
	// ErrFenced says that another writer has appended to the log: this one has lost it.
	ErrFenced = errors.New("another writer has appended to the log")
	// ErrReplaced says that the log is not the one that was opened, or has lost its end.
	ErrReplaced = errors.New("log is not the one that was opened")
)

// RefusedError says that the log has refused a batch, which therefore is not in it.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.Err }

// CheckNewest returns a FormatError if a newer release has written the newest batch of the log.
// It is called before anything is changed, because an index that has applied this batch does not
// read it again.
func CheckNewest(ctx context.Context, log Log) error {
	newest, err := log.Newest(ctx)
	if err != nil || newest == nil {
		return err
	}
	r, _ := ParseBatch(newest) // its error sticks
	for rec := (Record{}); r.Next(&rec); {
	}
	if newer, ok := errors.AsType[*FormatError](r.Err); ok {
		return newer
	}
	return nil // what is damaged matters when it is read
}
