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
)

// Names of the ledger's log.
const (
	Stream  = "READBACK_LEDGER"
	Subject = "readback.ledger.0"
)

// AppendTimeout is how long the log may take to acknowledge before it counts as away.
const AppendTimeout = time.Second

var (
	ErrUnreachable  = errors.New("NATS is away")
	ErrNotConnected = errors.New("not connected")
	errLogTimeout   = errors.New("log did not answer in time")

	// ErrFenced says that another writer appended to the log: this one has lost it.
	ErrFenced = errors.New("another writer has appended to the log; restart to take it over")
)

// JetStream appends to the log, one message at a time, each with the sequence of the last
// one that it expects there: the fence against a second writer. It belongs to one
// goroutine.
type JetStream struct {
	Nc      *nats.Conn
	inbox   string
	sub     *nats.Subscription
	replies chan *nats.Msg
	asked   uint64 // requests so far
	timer   *time.Timer

	Last    uint64          // sequence of the last message
	Urgent  <-chan struct{} // while waiting for an answer, call alarmed when this says so
	Alarmed func()
}

func NewJetStream(nc *nats.Conn) (*JetStream, error) {
	c := &JetStream{Nc: nc, inbox: nc.NewRespInbox(), replies: make(chan *nats.Msg, 64), timer: time.NewTimer(0)}
	var err error
	c.sub, err = nc.ChanSubscribe(c.inbox+".*", c.replies)
	if err != nil {
		return nil, fmt.Errorf("subscribe to the answers of the log: %w", err)
	}
	return c, nil
}

func (c *JetStream) Close() {
	c.timer.Stop()
	_ = c.sub.Unsubscribe() // the connection is about to be closed
}

// Append adds a message at the end of the log.
func (c *JetStream) Append(ctx context.Context, data []byte) error {
	m := nats.NewMsg(Subject)
	m.Data = data
	m.Header.Set(nats.ExpectedLastSubjSeqHdr, strconv.FormatUint(c.Last, 10))
	reply, err := c.ask(ctx, m)
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
		return ack.Error
	}
	c.Last = ack.Seq
	return nil
}

// ask sends a request and waits for its answer, for a second at most.
func (c *JetStream) ask(ctx context.Context, m *nats.Msg) (*nats.Msg, error) {
	c.asked++
	m.Reply = c.inbox + "." + strconv.FormatUint(c.asked, 10)
	if err := c.Nc.PublishMsg(m); err != nil {
		return nil, Unreachable(c.Nc, err)
	}
	c.timer.Reset(AppendTimeout)
	for {
		select {
		case r := <-c.replies:
			if r.Subject != m.Reply {
				continue // a late answer to an earlier request
			}
			if len(r.Data) == 0 && r.Header.Get("Status") == "503" {
				return nil, Unreachable(c.Nc, nats.ErrNoResponders)
			}
			return r, nil
		case <-c.Urgent:
			c.Alarmed()
		case <-c.timer.C:
			return nil, Unreachable(c.Nc, errLogTimeout)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
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

// Fate is what became of an append that was not acknowledged.
type Fate int

const (
	Unknown Fate = iota
	Landed
	Lost
)

// Settle finds out what became of an append of data: it landed if the last message is
// that one, and did not if the log ends where it ended before. Anything else is the
// work of another writer.
func (c *JetStream) Settle(ctx context.Context, data []byte) (Fate, error) {
	seq, last, err := c.lastMessage(ctx)
	switch {
	case err != nil:
		return Unknown, err
	case seq > 0 && bytes.Equal(last, data):
		c.Last = seq
		return Landed, nil
	case seq == c.Last:
		return Lost, nil
	case seq > 0:
		return Unknown, fmt.Errorf("%w (it ends at %d, not at %d)", ErrFenced, seq, c.Last)
	}
	end, err := c.end(ctx)
	switch {
	case err != nil:
		return Unknown, err
	case end == c.Last: // all of it has expired
		c.Last = 0
		return Lost, nil
	}
	return Unknown, fmt.Errorf("%w (it is empty and ends at %d, not at %d)", ErrFenced, end, c.Last)
}

// lastMessage returns the last message of the log, from the leader: a replica may lag.
// The sequence is 0 when there is none.
func (c *JetStream) lastMessage(ctx context.Context) (uint64, []byte, error) {
	m := nats.NewMsg("$JS.API.STREAM.MSG.GET." + Stream)
	m.Data = []byte(`{"last_by_subj":"` + Subject + `"}`)
	var answer struct {
		Message struct {
			Seq  uint64 `json:"seq"`
			Data []byte `json:"data"`
		} `json:"message"`
		Error *nats.APIError `json:"error"`
	}
	if err := c.api(ctx, m, &answer); err != nil {
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
func (c *JetStream) end(ctx context.Context) (uint64, error) {
	var answer struct {
		State struct {
			Last uint64 `json:"last_seq"`
		} `json:"state"`
		Error *nats.APIError `json:"error"`
	}
	if err := c.api(ctx, nats.NewMsg("$JS.API.STREAM.INFO."+Stream), &answer); err != nil {
		return 0, err
	}
	if answer.Error != nil {
		return 0, answer.Error
	}
	return answer.State.Last, nil
}

func (c *JetStream) api(ctx context.Context, m *nats.Msg, answer any) error {
	reply, err := c.ask(ctx, m)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(reply.Data, answer); err != nil {
		return fmt.Errorf("answer of the log: %w", err)
	}
	return nil
}
