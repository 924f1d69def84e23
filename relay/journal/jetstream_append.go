package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// Append adds a message at the end of the log.
func (l *JetStream) Append(ctx context.Context, data []byte) error {
	refused, err := l.append(ctx, data, l.last)
	if err != nil || refused == nil {
		return err
	}
	if refused.ErrorCode == codeWrongLast {
		// A server that finds damage after it has opened the stream takes the last messages out of it, and
		// still wants the sequence from before, until the next append.
		if before, ok := lastFound(refused); ok && before > l.last && l.Check(ctx) == nil {
			if refused, err = l.append(ctx, data, before); err != nil || refused == nil {
				return err
			}
		}
	}
	return &RefusedError{refused}
}

// append asks the server to append a message, if the last one has a sequence.
func (l *JetStream) append(ctx context.Context, data []byte, last uint64) (refused *nats.APIError, err error) {
	m := nats.NewMsg(Subject)
	m.Data = data
	m.Header.Set(nats.ExpectedLastSeqHdr, strconv.FormatUint(last, 10))
	if n := l.takePadding(len(data)); n > 0 {
		m.Header.Set(paddingHeader, strings.Repeat("0", n))
	}
	reply, err := l.ask(ctx, m)
	if err != nil {
		return nil, err
	}
	var ack struct {
		Seq   uint64         `json:"seq"`
		Error *nats.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return nil, fmt.Errorf("answer of the log: %w", err)
	}
	if ack.Error == nil {
		l.last = ack.Seq
	}
	return ack.Error, nil
}

// takePadding returns how much padding a batch takes along, as far as the server takes so large a message. One that
// is appended again takes none, so that padding never keeps a batch out of the log.
func (l *JetStream) takePadding(batch int) int {
	const headers = 1 << 10 // the others
	if l.padding == 0 {
		return 0
	}
	n := min(l.padding, int(l.nc.MaxPayload())-batch-headers)
	l.padding = 0
	return n
}

// lastFound returns the sequence that the server has found in the place of the expected one.
func lastFound(refused *nats.APIError) (seq uint64, ok bool) {
	n, err := fmt.Sscanf(refused.Description, "wrong last sequence: %d", &seq)
	return seq, n == 1 && err == nil
}
