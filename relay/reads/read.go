package reads

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/fnv"
	"io"
	"time"

	"readback/relay/access"
	"readback/relay/index"
	"readback/relay/message"
)

// Read is a read response: the receiver's word on what became of message Number of
// its conversation with Sender.
type Read struct {
	Receiver string
	Sender   string // may be empty: then one conversation of the receiver must have the number outstanding
	Number   uint16
	Status   uint8         // StatusRead, StatusDeletedUnread or StatusNotRead
	ReadAt   time.Time     // zero: when it came in
	Proof    string        // the tag of the element, in hex
	ID       string        // may be empty; the same in repetitions
	Way      string        // the way in: http, nats, …; counted with the verdict
	By       access.Caller // the sender

	// Of the message that was found, for the log.
	account   string
	messageID string // of its first part
}

// foundIn notes which message the read response is about.
func (rd *Read) foundIn(e *index.Entry) {
	rd.account = string(e.Account)
	if len(e.Parts) > 0 {
		rd.messageID = string(e.Parts[0].ID)
	}
}

// readJSON is Read on the wire.
type readJSON struct {
	Receiver *string `json:"receiver"`
	Sender   *string `json:"sender"`
	Number   *uint16 `json:"number"`
	Status   *uint8  `json:"status"`
	ReadAt   *string `json:"read_at"`
	Proof    *string `json:"proof"`
	ID       *string `json:"id"`
}

// Bounds of what comes in.
const (
	MaxBody  = 64 << 10
	maxItems = 1000
	MaxID    = 256
	maxDepth = 16
)

// parse parses the JSON of a read response. Unknown fields are ignored. receiver is the receiver
// if the JSON names none. The verdict is undecided if the JSON is valid.
func parse(data []byte, receiver string) (Read, message.Verdict) {
	j := readJSON{Receiver: &receiver}
	if v := unmarshal(data, &j); v.IsDecided() {
		return Read{}, v
	}
	switch {
	case j.Receiver == nil || *j.Receiver == "":
		return Read{}, message.Malformed("receiver", "is missing")
	case j.Number == nil:
		return Read{}, message.Malformed("number", "is missing")
	}
	plain, err := message.PlainNumber(*j.Receiver)
	if err != nil {
		return Read{}, message.Malformed("receiver", err.Error())
	}
	rd := Read{Receiver: plain, Number: *j.Number, Status: message.StatusRead}
	if j.Status != nil {
		rd.Status = *j.Status
	}
	for to, from := range map[*string]*string{&rd.Sender: j.Sender, &rd.Proof: j.Proof, &rd.ID: j.ID} {
		if from != nil {
			*to = *from
		}
	}
	if j.ReadAt != nil && *j.ReadAt != "" {
		at, err := time.Parse(time.RFC3339, *j.ReadAt)
		if err != nil {
			return Read{}, message.Malformed("read_at", "is not a time as in RFC 3339")
		}
		rd.ReadAt = at
	}
	return rd, message.Verdict{}
}

func unmarshal(data []byte, into any) message.Verdict {
	err := json.Unmarshal(data, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return message.Verdict{}
	case errors.As(err, &wrong) && wrong.Field != "":
		return message.Malformed(wrong.Field, "is a "+wrong.Value+", not a "+wrong.Type.String())
	case errors.As(err, &wrong):
		return message.Malformed("", "is a "+wrong.Value+", not an object")
	}
	return message.Malformed("", "is not JSON: "+err.Error())
}

// ParseBody splits a body into its read responses: a single one, or the items of an array of up to
// a thousand. It does not parse the items. The verdict is on the body as a whole, and undecided if
// the body is valid.
func ParseBody(body []byte) (items []json.RawMessage, array bool, v message.Verdict) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) > MaxBody:
		return nil, false, message.Verdict{Kind: message.VerdictTooLarge, Reason: "is over 64 KiB"}
	case len(body) == 0:
		return nil, false, message.Malformed("", "is empty")
	case depth(body) > maxDepth:
		return nil, false, message.Malformed("", "is nested too deeply")
	case body[0] != '[':
		return []json.RawMessage{body}, false, message.Verdict{}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&items); err != nil {
		return nil, true, message.Malformed("", "is not JSON: "+err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, true, message.Malformed("", "goes on after the array")
	}
	switch {
	case len(items) == 0:
		return nil, true, message.Malformed("", "is an empty array")
	case len(items) > maxItems:
		return nil, true, message.Verdict{Kind: message.VerdictTooLarge, Reason: "has over 1000 items"}
	}
	return items, true, message.Verdict{}
}

// IsArray reports whether a body holds an array of read responses, if it is valid.
func IsArray(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && body[0] == '['
}

// depth returns how deeply JSON is nested. For other text the result means nothing.
func depth(body []byte) (deepest int) {
	within, text, escaped := 0, false, false
	for _, c := range body {
		switch {
		case escaped:
			escaped = false
		case text && c == '\\':
			escaped = true
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			within++
			deepest = max(deepest, within)
		case c == '}' || c == ']':
			within--
		}
	}
	return deepest
}

// hashID returns the hash of a read response's id, or 0 if there is none.
func hashID(id string) uint64 {
	if id == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, id) // never fails
	return max(h.Sum64(), 1)
}
