package feedback

import (
	"encoding/json"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// tooLargeForStream is the error code of the server for a message beyond the max_msg_size of a stream.
const tooLargeForStream jetstream.ErrorCode = 10054

// isTooLarge reports whether err says that NATS never takes a message of this size.
func isTooLarge(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &api) && api.ErrorCode == tooLargeForStream
}

// cannotStore is the error code of the server for a message that it could not put into a stream.
const cannotStore jetstream.ErrorCode = 10077

// isFull reports whether err says that the stream has reached its bound in octets.
func isFull(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == cannotStore && api.Description == "maximum bytes exceeded"
}

// fewestIDs is how many message_ids stay at least: with one, a message in parts would look like one that
// is whole.
const fewestIDs = 2

// shorten returns the JSON of a feedback or an event with the first half of its message_ids. The ESME
// knows the message by its first one. ok is false if there is nothing that can be left out.
func shorten(data []byte) (shorter []byte, ok bool) {
	fields := make(map[string]json.RawMessage)
	var ids []string
	if json.Unmarshal(data, &fields) != nil || json.Unmarshal(fields["message_ids"], &ids) != nil || len(ids) <= fewestIDs {
		return nil, false
	}
	var err error
	if fields["message_ids"], err = json.Marshal(ids[:max(len(ids)/2, fewestIDs)]); err != nil {
		return nil, false
	}
	shorter, err = json.Marshal(fields)
	return shorter, err == nil
}

// publishShorter publishes m, which is too large, with fewer and fewer message_ids. The error is that of
// the last try, too large if nothing more can be left out.
func publishShorter(m *nats.Msg, tooLarge error, publish func(*nats.Msg) error) error {
	for err := tooLarge; ; {
		data, ok := shorten(m.Data)
		if !ok {
			return err
		}
		m.Data = data
		if err = publish(m); !isTooLarge(err) {
			return err
		}
	}
}
