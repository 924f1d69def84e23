package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
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

	errLogTimeout = errors.New("log did not answer in time")
)

// JetStream is a log in a stream of NATS JetStream. Each append states the sequence of the last
// message that it expects there: this fences off a second writer.
type JetStream struct {
	js      jetstream.JetStream
	nc      *nats.Conn
	info    Info
	last    uint64 // sequence of the last message
	inbox   string
	sub     *nats.Subscription
	replies chan *nats.Msg
	asked   uint64 // requests so far
	timer   *time.Timer
}

// StreamConfig is the stream of the log. What is in it is kept a day longer than keep.
func StreamConfig(keep time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: Stream, Subjects: []string{Subject}, MaxAge: keep + 24*time.Hour,
		Duplicates: 100 * time.Millisecond, AllowDirect: true,
	}
}

// NewJetStream returns the log in the stream that info describes. Close gives its subscription
// back.
func NewJetStream(js jetstream.JetStream, info *jetstream.StreamInfo) (*JetStream, error) {
	nc, state := js.Conn(), &info.State
	l := &JetStream{
		js: js, nc: nc, inbox: nc.NewRespInbox(), replies: make(chan *nats.Msg, 64), timer: time.NewTimer(0),
		info: Info{Created: info.Created.UnixNano(), First: state.FirstSeq, Last: state.LastSeq, Empty: state.Msgs == 0},
	}
	if !l.info.Empty {
		l.last = l.info.Last
	}
	var err error
	l.sub, err = nc.ChanSubscribe(l.inbox+".*", l.replies)
	if err != nil {
		return nil, fmt.Errorf("subscribe to the answers of the log: %w", err)
	}
	return l, nil
}

// Info describes the log as it was when it was opened.
func (l *JetStream) Info() Info { return l.info }

// Last is the sequence of the last batch that the writer knows.
func (l *JetStream) Last() uint64 { return l.last }

// Close ends the subscription.
func (l *JetStream) Close() {
	l.timer.Stop()
	_ = l.sub.Unsubscribe() // the connection is about to be closed
}

// Newest returns the newest batch.
func (l *JetStream) Newest(ctx context.Context) ([]byte, error) {
	_, newest, err := l.lastMessage(ctx)
	if err != nil {
		return nil, fmt.Errorf("newest message of the log: %w", err)
	}
	return newest, nil
}

// Replay calls f with the batches from sequence from to the end of the log as it was opened.
func (l *JetStream) Replay(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) error {
	from = max(from, l.info.First)
	if l.info.Empty || from > l.info.Last {
		return nil
	}
	c, err := l.js.OrderedConsumer(ctx, Stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   from,
	})
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(256))
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	defer messages.Stop()
	for seq := uint64(0); seq < l.info.Last; {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if seq = meta.Sequence.Stream; seq > l.info.Last {
			return errors.New("read the log: another writer appends to it")
		}
		if err := f(seq, m.Data()); err != nil {
			return err
		}
	}
	return nil
}

// Append adds a message at the end of the log.
func (l *JetStream) Append(ctx context.Context, data []byte) error {
	m := nats.NewMsg(Subject)
	m.Data = data
	m.Header.Set(nats.ExpectedLastSubjSeqHdr, strconv.FormatUint(l.last, 10))
	reply, err := l.ask(ctx, m)
	if err != nil {
		return err
	}
	var ack struct {
		Seq   uint64         `json:"seq"`
		Error *nats.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return fmt.Errorf("answer of the log: %w", err)
	}
	if ack.Error != nil {
		return &RefusedError{ack.Error}
	}
	l.last = ack.Seq
	return nil
}

// ask sends a request and waits for its answer, for a second at most.
func (l *JetStream) ask(ctx context.Context, m *nats.Msg) (*nats.Msg, error) {
	l.asked++
	m.Reply = l.inbox + "." + strconv.FormatUint(l.asked, 10)
	if err := l.nc.PublishMsg(m); err != nil {
		return nil, Unreachable(l.nc, err)
	}
	l.timer.Reset(AppendTimeout)
	for {
		select {
		case r := <-l.replies:
			if r.Subject != m.Reply {
				continue // a late answer to an earlier request
			}
			if len(r.Data) == 0 && r.Header.Get("Status") == "503" {
				return nil, Unreachable(l.nc, nats.ErrNoResponders)
			}
			return r, nil
		case <-l.timer.C:
			return nil, Unreachable(l.nc, errLogTimeout)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// IsFinal reports whether err says that the writer has lost the log for good.
func IsFinal(err error) bool {
	return errors.Is(err, ErrFenced) || errors.Is(err, nats.ErrConnectionClosed)
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

// Settle finds out what became of an append of data: it landed if the last message is
// that one, and did not if the log ends where it ended before. Anything else is the
// work of another writer.
func (l *JetStream) Settle(ctx context.Context, data []byte) (Fate, error) {
	seq, last, err := l.lastMessage(ctx)
	switch {
	case err != nil:
		return Unknown, err
	case seq > 0 && bytes.Equal(last, data):
		l.last = seq
		return Landed, nil
	case seq == l.last:
		return Lost, nil
	case seq > 0:
		return Unknown, fmt.Errorf("%w (it ends at %d, not at %d)", ErrFenced, seq, l.last)
	}
	end, err := l.end(ctx)
	switch {
	case err != nil:
		return Unknown, err
	case end == l.last: // all of it has expired
		l.last = 0
		return Lost, nil
	}
	return Unknown, fmt.Errorf("%w (it is empty and ends at %d, not at %d)", ErrFenced, end, l.last)
}

// lastMessage returns the last message of the log, from the leader: a replica may lag.
// The sequence is 0 when there is none.
func (l *JetStream) lastMessage(ctx context.Context) (uint64, []byte, error) {
	m := nats.NewMsg("$JS.API.STREAM.MSG.GET." + Stream)
	m.Data = []byte(`{"last_by_subj":"` + Subject + `"}`)
	var answer struct {
		Message struct {
			Seq  uint64 `json:"seq"`
			Data []byte `json:"data"`
		} `json:"message"`
		Error *nats.APIError `json:"error"`
	}
	if err := l.api(ctx, m, &answer); err != nil {
		return 0, nil, err
	}
	if answer.Error != nil {
		if answer.Error.ErrorCode == nats.ErrorCode(codeNoMessage) {
			return 0, nil, nil
		}
		return 0, nil, answer.Error
	}
	return answer.Message.Seq, answer.Message.Data, nil
}

const codeNoMessage = 10037

// end returns the last sequence that the stream has given.
func (l *JetStream) end(ctx context.Context) (uint64, error) {
	var answer struct {
		State struct {
			Last uint64 `json:"last_seq"`
		} `json:"state"`
		Error *nats.APIError `json:"error"`
	}
	if err := l.api(ctx, nats.NewMsg("$JS.API.STREAM.INFO."+Stream), &answer); err != nil {
		return 0, err
	}
	if answer.Error != nil {
		return 0, answer.Error
	}
	return answer.State.Last, nil
}

func (l *JetStream) api(ctx context.Context, m *nats.Msg, answer any) error {
	reply, err := l.ask(ctx, m)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(reply.Data, answer); err != nil {
		return fmt.Errorf("answer of the log: %w", err)
	}
	return nil
}
