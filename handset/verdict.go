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

// Accepted tells whether the server has the response and will not lose it.
func (v Verdict) Accepted() bool { return v.Code == http.StatusAccepted }

// Again tells whether the same response may be accepted later: the server is busy
// or away, or the key was not valid and another may be. All else is final: the
// response is wrong (400), not this caller's to send (403), about no message (404) or
// one too old (410), or about several (409): then it takes a new one that names the
// sender.
func (v Verdict) Again() bool {
	switch v.Code {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return v.Code >= http.StatusInternalServerError
}

// Sender sends read responses and returns the server's verdicts: one for each, in their
// order, or one for all of them. With an error, nothing is known of any, and all
// are sent again.
type Sender func(ctx context.Context, batch []Response) ([]Verdict, error)

// LaterError is a Sender's word that all are to be sent again, and when.
type LaterError struct {
	Verdict
	After time.Duration // that the server asks to wait; zero if it does not
}

func (e *LaterError) Error() string {
	return fmt.Sprintf("read responses are to be sent again: %d %s", e.Code, e.Reason)
}
