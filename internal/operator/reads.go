package operator

import (
	"net/http"
	"time"

	"readback/relay/message"
	"readback/relay/reads"
)

// ReadResponse is a read response and the verdict on it, in JSON. What could not be parsed has no sender, receiver,
// number or status. The receiver is masked unless it is asked for in full, and so is a sender that may be a
// subscriber.
type ReadResponse struct {
	ID       uint64    `json:"id"` // counts up
	Time     time.Time `json:"time"`
	Way      string    `json:"way"`
	Caller   string    `json:"caller,omitempty"`
	Sender   string    `json:"sender,omitempty"`
	Receiver string    `json:"receiver,omitempty"`
	Number   uint16    `json:"number,omitempty"`
	Status   string    `json:"status,omitempty"` // read, not_read or deleted_unread
	Code     int       `json:"code"`             // of the verdict, as HTTP has it
	Error    string    `json:"error,omitempty"`  // why it was refused
	Field    string    `json:"field,omitempty"`
}

// ReadResponses is the last of them, the newest first.
type ReadResponses struct {
	Reads []ReadResponse `json:"reads"`
}

// ReadSource is what the page about them asks.
type ReadSource interface {
	Latest() []reads.Decided
}

// ReadPage returns the page GET /v1/reads. code returns what HTTP has for a kind of verdicts.
func ReadPage(s ReadSource, code func(message.VerdictKind) int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, ok := whole(w, r, "limit", usualPage, 1, maxPage)
		if !ok {
			return
		}
		full, ok := flag(w, r, "full")
		if !ok {
			return
		}
		all := s.Latest()
		all = all[:min(len(all), int(limit))]
		page := ReadResponses{Reads: make([]ReadResponse, 0, len(all))}
		for i := range all {
			d := &all[i]
			j := ReadResponse{
				ID: d.ID, Time: d.Time.Truncate(time.Millisecond), Way: d.Way, Caller: message.Shown(d.Caller),
				Sender: message.Shown(d.Sender), Receiver: message.Shown(d.Receiver), Number: d.Number, Code: code(d.Verdict.Kind), Error: d.Verdict.Reason, Field: d.Verdict.Field,
			}
			if d.Receiver != "" {
				j.Status = statusName(d.Status)
			}
			if !full {
				j.Sender, j.Receiver = message.MaskSender(j.Sender), message.Mask(j.Receiver)
			}
			page.Reads = append(page.Reads, j)
		}
		answer(w, page)
	})
}

func statusName(status uint8) string {
	switch status {
	case message.StatusRead:
		return "read"
	case message.StatusDeletedUnread:
		return "deleted_unread"
	}
	return "not_read"
}
