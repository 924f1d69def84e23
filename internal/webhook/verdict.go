package webhook

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"readback/relay/message"
)

const (
	// maxRefusals is how often a feedback is sent to a server that refuses it. This takes
	// some fifty minutes, so that a faulty deployment does not lose the feedback.
	maxRefusals = 10
	// maxRetryAfter is the longest wait that a server may ask for.
	maxRetryAfter = time.Hour
)

// verdict is what an answer means: nil for taken.
//
//	2xx                done
//	410                the server wants no more of this: dead at once
//	408, 425, 429      later, as Retry-After says if it is there
//	other 4xx          later, ten times in all; then dead
//	3xx, 5xx           later; 503 as Retry-After says
//
// Redirects are not followed: the operator named the server.
func verdict(resp *http.Response, now time.Time) error {
	err := fmt.Errorf("webhook: %s", resp.Status)
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusGone:
		return message.Permanent(err)
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return message.Later(err, retryAfter(resp.Header.Get("Retry-After"), now))
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		return err
	case code >= 400 && code < 500:
		return message.AtMost(maxRefusals, err)
	}
	return err
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); 0 if it is neither.
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
