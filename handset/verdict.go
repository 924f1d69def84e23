package handset

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Verdict is the server's answer to a read response.
type Verdict struct {
	Code   int    `json:"code"`            // of HTTP
	Reason string `json:"error,omitempty"` // why it was refused
	Field  string `json:"field,omitempty"` // which field is wrong
}

// Accepted reports whether the server has stored the response.
func (v Verdict) Accepted() bool { return v.Code == http.StatusAccepted }

// Again reports whether the same response may be accepted later: the server is busy or
// unavailable, or the key was not valid and another one may be. All other verdicts are final:
// the response is wrong (400), this caller may not send it (403), there is no such message
// (404), the message is too old (410), or there are several (409), and only a new response
// that names the sender can be accepted.
func (v Verdict) Again() bool {
	switch v.Code {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return v.Code >= http.StatusInternalServerError
}

// Sender sends read responses and returns the server's verdicts: one for each response, in
// their order, or one for all. After an error the verdicts are unknown, and all responses are
// sent again.
type Sender func(ctx context.Context, batch []Response) ([]Verdict, error)

// LaterError is an error of a Sender that says when to send all responses again.
type LaterError struct {
	Verdict
	After time.Duration // the wait that the server asks for; zero if it asks for none
}

func (e *LaterError) Error() string {
	return fmt.Sprintf("read responses are to be sent again: %d %s", e.Code, e.Reason)
}
