package feedback

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
)

// The streams of feedback. Each has a subject for each account: its token comes last.
const (
	queueStream  = "READBACK_FEEDBACK"
	queueSubject = "readback.feedback.0."

	deadStream  = "READBACK_DEAD"
	deadSubject = "readback.dead."

	heldStream  = "READBACK_HELD"
	heldSubject = "readback.held."

	eventsStream  = "READBACK_EVENTS"
	eventsSubject = "readback.events."
)

// Bounds of the streams.
const (
	maxConsumers = 20000
	eventsOctets = 1 << 30 // the oldest go
)

// Streams returns the streams of feedback. Without sizes in the settings, they have no bound. Storage and
// replicas are those of all streams.
func Streams(s *Settings) []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name: queueStream, Subjects: []string{queueSubject + "*"}, Retention: jetstream.WorkQueuePolicy,
			MaxConsumers: maxConsumers, // without MaxAge: what has waited too long is not dropped in silence
			MaxBytes:     int64(s.QueueSize), Discard: jetstream.DiscardNew,
		},
		{
			Name: deadStream, Subjects: []string{deadSubject + "*"}, // without MaxAge, too
			MaxBytes: int64(s.DeadSize), Discard: jetstream.DiscardNew, // deadLetters.makeRoom drops the oldest
		},
		eventsConfig(s.FeedbackKeep),
		{Name: heldStream, Subjects: []string{heldSubject + "*"}},
	}
}

// eventsConfig is kept as long as feedback waits.
func eventsConfig(keep time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: eventsStream, Subjects: []string{eventsSubject + "*"}, MaxAge: keep, MaxBytes: eventsOctets,
	}
}

// accountToken returns an account as a token of a subject. Octets that may not stand there are written
// =XX.
func accountToken(account string) string {
	const hex = "0123456789ABCDEF"
	token := make([]byte, 0, len(account))
	for i := range len(account) {
		c := account[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			token = append(token, c)
		default:
			token = append(token, '=', hex[c>>4], hex[c&15])
		}
	}
	if len(token) == 0 {
		return "=" // of the empty account
	}
	return string(token)
}

// accountOf returns the account of a token that accountToken returned.
func accountOf(token string) string {
	if token == "=" {
		return ""
	}
	account := make([]byte, 0, len(token))
	for i := 0; i < len(token); i++ {
		if c, err := strconv.ParseUint(token[i+1:min(i+3, len(token))], 16, 8); token[i] == '=' && err == nil {
			account = append(account, byte(c))
			i += 2
			continue
		}
		account = append(account, token[i])
	}
	return string(account)
}

// isStreamGone reports whether err may say that a stream does not exist any more.
func isStreamGone(err error) bool {
	return errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders)
}

// remake makes the streams of feedback again that are gone, if err says so. Somebody has deleted them,
// or the store of NATS. It returns err.
func (s *shared) remake(ctx context.Context, err error) error {
	if !isStreamGone(err) {
		return err
	}
	s.remaking.Lock()
	defer s.remaking.Unlock()
	gone := s.awaitGone(ctx)
	for _, config := range Streams(s.settings.Load()) {
		if _, e := s.js.Stream(ctx, config.Name); !gone[config.Name] || !errors.Is(e, jetstream.ErrStreamNotFound) {
			continue // or another process has made it
		}
		config.Storage, config.Replicas = jetstream.FileStorage, s.replicas
		if _, e := s.js.CreateStream(ctx, config); e != nil {
			return errors.Join(err, fmt.Errorf("make stream %s: %w", config.Name, e))
		}
		s.log.Error("a stream was gone, with all that was in it; it is made again", "stream", config.Name)
	}
	return err
}

// deleteTime is how long a server may take to delete a stream. It says that the stream is gone before it has removed
// the files, and it would remove those of a new one with the same name: that would take messages and store none.
const deleteTime = time.Second

// awaitGone returns which streams are gone. It waits until their deletion has come to its end, and until no further
// one is gone.
func (s *shared) awaitGone(ctx context.Context) map[string]bool {
	gone := make(map[string]bool)
	for more := true; more && ctx.Err() == nil; {
		more = false
		for _, config := range Streams(s.settings.Load()) {
			if _, err := s.js.Stream(ctx, config.Name); !gone[config.Name] && errors.Is(err, jetstream.ErrStreamNotFound) {
				gone[config.Name], more = true, true
			}
		}
		if more {
			backoff.Sleep(ctx, deleteTime)
		}
	}
	return gone
}

// deleteMsg removes a message from a stream; one that is gone already is removed. It removes it although
// ctx has ended: what was published in its place would be published again.
func deleteMsg(ctx context.Context, stream jetstream.Stream, seq uint64) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	err := stream.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		if _, e := stream.GetMsg(ctx, seq); errors.Is(e, jetstream.ErrMsgNotFound) {
			return nil
		}
	}
	return err
}
