package relay

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/fnv"
	"io"
	"time"

	"readback/relay/message"
)

// Read is a read response: the receiver's word on what became of message Number of
// its conversation with Sender.
type Read struct {
	Receiver string
	Sender   string // may be empty: then one conversation of the receiver must have the number outstanding
	Number   uint16
	Status   uint8     // StatusRead, StatusDeletedUnread or StatusNotRead
	ReadAt   time.Time // zero: when it came in
	Proof    string    // the tag of the element, in hex
	ID       string    // the same in repetitions, if there is one
	Way      string    // it came in: http, nats, …; counted with the verdict
	By       Caller    // who sends it
}

// Verdict is what a read response came to. Its JSON is the answer.
type Verdict struct {
	Code       int    `json:"code"`                  // of HTTP
	Reason     string `json:"error,omitempty"`       // why it was refused
	Field      string `json:"field,omitempty"`       // which field is at fault
	RetryAfter int    `json:"retry_after,omitempty"` // seconds after which to send it again
}

// Accepted tells whether the read response is durable.
func (v Verdict) Accepted() bool { return v.Code == 202 }

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
	maxReadOctets = 64 << 10
	maxReadItems  = 1000
	maxReadID     = 256
	maxReadDepth  = 16
)

// ParseRead reads a read response from its JSON. Fields that it does not know are
// passed over. The verdict is that of a malformed one; its code is 0 when all is well.
func ParseRead(data []byte) (Read, Verdict) { return parseRead(data, "") }

// parseRead takes the receiver from elsewhere where the JSON names none.
func parseRead(data []byte, receiver string) (Read, Verdict) {
	j := readJSON{Receiver: &receiver}
	if v := unmarshal(data, &j); v.Code != 0 {
		return Read{}, v
	}
	switch {
	case j.Receiver == nil || *j.Receiver == "":
		return Read{}, malformed("receiver", "is missing")
	case j.Number == nil:
		return Read{}, malformed("number", "is missing")
	}
	rd := Read{Receiver: *j.Receiver, Number: *j.Number, Status: message.StatusRead}
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
			return Read{}, malformed("read_at", "is not a time as in RFC 3339")
		}
		rd.ReadAt = at
	}
	return rd, Verdict{}
}

func unmarshal(data []byte, into any) Verdict {
	err := json.Unmarshal(data, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return Verdict{}
	case errors.As(err, &wrong) && wrong.Field != "":
		return malformed(wrong.Field, "is a "+wrong.Value+", not a "+wrong.Type.String())
	case errors.As(err, &wrong):
		return malformed("", "is a "+wrong.Value+", not an object")
	}
	return malformed("", "is not JSON: "+err.Error())
}

// ParseReads reads one read response, or an array of up to a thousand. Each item stands
// alone: items[i] is to be parsed by ParseRead. The verdict is on the whole; its code is
// 0 when all is well.
func ParseReads(body []byte) (items []json.RawMessage, array bool, v Verdict) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) > maxReadOctets:
		return nil, false, Verdict{Code: 413, Reason: "is over 64 KiB"}
	case len(body) == 0:
		return nil, false, malformed("", "is empty")
	case depth(body) > maxReadDepth:
		return nil, false, malformed("", "is nested too deeply")
	case body[0] != '[':
		return []json.RawMessage{body}, false, Verdict{}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&items); err != nil {
		return nil, true, malformed("", "is not JSON: "+err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, true, malformed("", "goes on after the array")
	}
	switch {
	case len(items) == 0:
		return nil, true, malformed("", "is an empty array")
	case len(items) > maxReadItems:
		return nil, true, Verdict{Code: 413, Reason: "has over 1000 items"}
	}
	return items, true, Verdict{}
}

// depth is how deeply JSON is nested. Of what is no JSON it says nothing.
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

func malformed(field, reason string) Verdict {
	return Verdict{Code: 400, Field: field, Reason: reason}
}

// hashID stands for the id of a read response; 0 for none.
func hashID(id string) uint64 {
	if id == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, id) // never fails
	return max(h.Sum64(), 1)
}
