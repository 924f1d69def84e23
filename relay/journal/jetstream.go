package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The stream that holds the ledger's log, and the subject of its one partition.
const (
	Stream  = "READBACK_LEDGER"
	Subject = "readback.ledger.0"
)

// AppendTimeout is how long the log may take to acknowledge before it counts as away.
const AppendTimeout = time.Second

var (
	// ErrUnreachable says that NATS cannot be reached now.
	ErrUnreachable = errors.New("NATS is away")
	// ErrNotConnected says that there is no connection to NATS.
	ErrNotConnected = errors.New("not connected")
)

// JetStream is a log in a stream of NATS JetStream, which has nothing else. Each append states the
// sequence of the last message that it expects in the stream: this fences off a second writer. It is
// not the sequence of the subject, because the server refuses all appends that state it when the
// last message is damaged.
type JetStream struct {
	js      jetstream.JetStream
	nc      *nats.Conn // says what the state of the server is
	asker   Asker
	info    Info
	last    uint64 // sequence of the last message
	padding int    // octets that the next batch takes beside its own
	header  []byte // of the last append, and room for the next one
}

// Asker sends requests to the server, one at a time.
type Asker interface {
	// Ask sends a request and waits for its answer, for AppendTimeout at most. header is empty, or a block of
	// headers as NATS has them. The answer is valid until the next call. After an error the server may have
	// taken the request.
	Ask(ctx context.Context, subject string, header, data []byte) (answer []byte, err error)
	// Close gives back what the Asker holds.
	Close()
}

// Block is how many octets a file of JetStream has at most that holds the batches. It is removed when all of them
// have expired. Until then the octets of those that have expired may stay in it.
const Block = 8 << 20

// MaxPadding is how many octets of padding a batch has at most. JetStream refuses headers of 64 KiB.
const MaxPadding = 60 << 10

const paddingHeader = "Readback-Padding"

// StreamConfig is the stream of the log. What is in it is kept a day longer than keep.
func StreamConfig(keep time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: Stream, Subjects: []string{Subject}, MaxAge: keep + 24*time.Hour,
		Duplicates: 100 * time.Millisecond, AllowDirect: true,
	}
}

// NewJetStream returns the log in the stream that info describes. It asks the server with asker; nil asks over
// the connection of js. Close closes the asker.
func NewJetStream(js jetstream.JetStream, info *jetstream.StreamInfo, asker Asker) (*JetStream, error) {
	nc, state := js.Conn(), &info.State
	l := &JetStream{
		js: js, nc: nc, asker: asker, last: state.LastSeq,
		info: Info{Created: info.Created.UnixNano(), First: state.FirstSeq, Last: state.LastSeq, Empty: state.Msgs == 0},
	}
	if state.Msgs > 0 {
		l.info.Missing = state.LastSeq - state.FirstSeq + 1 - state.Msgs
	}
	if asker == nil {
		var err error
		if l.asker, err = newConnAsker(nc); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Info describes the log as it was when it was opened.
func (l *JetStream) Info() Info { return l.info }

// Pad makes the next batch take more octets.
func (l *JetStream) Pad(octets int) { l.padding = min(octets, MaxPadding) }

// Last is the sequence of the last batch that the writer knows.
func (l *JetStream) Last() uint64 { return l.last }

// Close closes the asker.
func (l *JetStream) Close() { l.asker.Close() }

// ask sends a request and waits for its answer, for a second at most.
func (l *JetStream) ask(ctx context.Context, subject string, header, data []byte) ([]byte, error) {
	if l.nc.IsClosed() {
		return nil, nats.ErrConnectionClosed
	}
	answer, err := l.asker.Ask(ctx, subject, header, data)
	if err != nil && ctx.Err() == nil {
		err = Unreachable(l.nc, err)
	}
	return answer, err
}

// IsFinal reports whether err says that the writer has lost the log: it has to open it again.
func IsFinal(err error) bool {
	return errors.Is(err, ErrFenced) || errors.Is(err, ErrReplaced) || errors.Is(err, nats.ErrConnectionClosed)
}

// Unreachable says that NATS is away, and why: whatever failed, without a connection that is it.
func Unreachable(nc *nats.Conn, cause error) error {
	switch refused := nc.LastError(); {
	case nc.IsClosed():
		return cause
	case nc.IsConnected():
	case errors.Is(refused, nats.ErrAuthorization), errors.Is(refused, nats.ErrAuthExpired), errors.Is(refused, nats.ErrAuthRevoked):
		cause = refused
	default:
		cause = ErrNotConnected
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, cause)
}

// Settle finds out what became of an append of data: it landed if the next message is that one, and
// did not if the log ends where it ended before. Another next message is the work of another writer.
func (l *JetStream) Settle(ctx context.Context, data []byte) (Fate, error) {
	end, err := l.end(ctx)
	switch {
	case err != nil:
		return Unknown, err
	case end == l.last:
		return Lost, nil
	case end == l.last+1:
		next, err := l.get(ctx, end)
		if err != nil {
			return Unknown, err
		}
		if bytes.Equal(next, data) {
			l.last = end
			return Landed, nil
		}
	}
	return Unknown, fmt.Errorf("%w (it ends at %d, not at %d)", ErrFenced, end, l.last)
}

// Check returns an error for which IsFinal is true if another writer has appended, or if the log is
// not the one that was opened.
func (l *JetStream) Check(ctx context.Context) error {
	end, err := l.end(ctx)
	if err != nil {
		return err
	}
	if end != l.last {
		return fmt.Errorf("%w (it ends at %d, not at %d)", ErrFenced, end, l.last)
	}
	return nil
}

// Codes of errors of the JetStream API.
const (
	codeNoMessage = 10037
	codeNoStream  = 10059
	codeWrongLast = 10071
)

// end returns the last sequence that the stream has given. The error is ErrReplaced if the stream is not
// the one that was opened, or has lost its end.
func (l *JetStream) end(ctx context.Context) (uint64, error) {
	var answer struct {
		Created time.Time `json:"created"`
		State   struct {
			Last uint64 `json:"last_seq"`
		} `json:"state"`
		Error *nats.APIError `json:"error"`
	}
	err := l.api(ctx, "$JS.API.STREAM.INFO."+Stream, nil, &answer)
	switch {
	case err != nil:
		return 0, err
	case answer.Error != nil && answer.Error.ErrorCode == codeNoStream:
		return 0, fmt.Errorf("%w: the stream %s is gone", ErrReplaced, Stream)
	case answer.Error != nil:
		return 0, answer.Error
	case answer.Created.UnixNano() != l.info.Created:
		return 0, fmt.Errorf("%w: the stream %s was made again", ErrReplaced, Stream)
	case answer.State.Last < l.last:
		return 0, fmt.Errorf("%w: it ends at %d, and ended at %d before", ErrReplaced, answer.State.Last, l.last)
	}
	return answer.State.Last, nil
}

// get returns the message with a sequence; nil if there is none, or it is damaged.
func (l *JetStream) get(ctx context.Context, seq uint64) ([]byte, error) {
	_, data, err := l.message(ctx, fmt.Sprintf(`{"seq":%d}`, seq))
	return data, err
}

// next returns the first message from seq on; nil if there is none, or the next one is damaged.
func (l *JetStream) next(ctx context.Context, seq uint64) (uint64, []byte, error) {
	return l.message(ctx, fmt.Sprintf(`{"seq":%d,"next_by_subj":%q}`, seq, Subject))
}

// message asks the leader for a message: a replica may lag.
func (l *JetStream) message(ctx context.Context, which string) (uint64, []byte, error) {
	var answer struct {
		Message struct {
			Seq  uint64 `json:"seq"`
			Data []byte `json:"data"`
		} `json:"message"`
		Error *nats.APIError `json:"error"`
	}
	if err := l.api(ctx, "$JS.API.STREAM.MSG.GET."+Stream, []byte(which), &answer); err != nil {
		return 0, nil, err
	}
	if answer.Error != nil {
		if answer.Error.ErrorCode == codeNoMessage {
			return 0, nil, nil
		}
		return 0, nil, answer.Error
	}
	if answer.Message.Data == nil {
		answer.Message.Data = []byte{} // an empty message is one
	}
	return answer.Message.Seq, answer.Message.Data, nil
}

func (l *JetStream) api(ctx context.Context, subject string, data []byte, answer any) error {
	reply, err := l.ask(ctx, subject, nil, data)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(reply, answer); err != nil {
		return fmt.Errorf("answer of the log: %w", err)
	}
	return nil
}
