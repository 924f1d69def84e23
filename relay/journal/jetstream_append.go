package journal

import (
	"bytes"
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
	l.header = appendHeaders(l.header[:0], last, l.takePadding(len(data)))
	reply, err := l.ask(ctx, Subject, l.header, data)
	if err != nil {
		return nil, err
	}
	var ok bool
	if last, ok = parseAck(reply); !ok {
		var ack struct {
			Seq   uint64         `json:"seq"`
			Error *nats.APIError `json:"error"`
		}
		if err := json.Unmarshal(reply, &ack); err != nil {
			return nil, fmt.Errorf("answer of the log: %w", err)
		}
		if ack.Error != nil {
			return ack.Error, nil
		}
		last = ack.Seq
	}
	l.last = last
	return nil, nil
}

// appendHeaders appends the headers of an append: the sequence of the last message, and padding.
func appendHeaders(dst []byte, last uint64, padding int) []byte {
	dst = append(dst, "NATS/1.0\r\n"+nats.ExpectedLastSeqHdr+": "...)
	dst = append(strconv.AppendUint(dst, last, 10), "\r\n"...)
	if padding > 0 {
		dst = append(dst, paddingHeader+": "...)
		dst = append(append(dst, strings.Repeat("0", padding)...), "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// parseAck returns the sequence in the answer that the server mostly gives. Any other answer is not ok.
func parseAck(answer []byte) (seq uint64, ok bool) {
	rest, begins := bytes.CutPrefix(answer, []byte(`{"stream":"`+Stream+`","seq":`))
	digits, ends := bytes.CutSuffix(rest, []byte("}"))
	if !begins || !ends || len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		seq = 10*seq + uint64(c-'0')
	}
	return seq, seq > 0
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
