package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Statuses of a read response.
const (
	StatusNotRead       = 0
	StatusRead          = 1
	StatusDeletedUnread = 2
)

// ReadResponse is the receiver's word that it read a number of a conversation.
type ReadResponse struct {
	Receiver string `json:"receiver"`
	Sender   string `json:"sender,omitempty"`
	Number   int    `json:"number"`
	Status   *int   `json:"status,omitempty"`  // nil stands for read
	ReadAt   string `json:"read_at,omitempty"` // RFC 3339
	Proof    string `json:"proof,omitempty"`   // hex
	ID       string `json:"id,omitempty"`      // for dedupe
}

// Respond sends a read response and returns nil when it has been accepted.
type Respond func(ctx context.Context, r ReadResponse) error

// RefusedError is a verdict other than accepted.
type RefusedError struct {
	Code int    // of HTTP
	Body string // its beginning
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("read response refused: %d %s", e.Code, e.Body)
}

const (
	respondTries   = 10
	respondTimeout = 15 * time.Second // of one try
	firstBackoff   = 50 * time.Millisecond
	maxBackoff     = 5 * time.Second
)

// HTTPReads sends read responses by POST to url, with apiKey as X-API-Key if it is
// not empty. An unreachable or unavailable server is tried again, ten times in
// all, which is safe: the same response twice is one read. Another verdict than
// 202 is a *RefusedError.
func HTTPReads(url, apiKey string) Respond {
	client := &http.Client{Timeout: respondTimeout}
	return func(ctx context.Context, r ReadResponse) error {
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		backoff := firstBackoff
		for try := 1; ; try++ {
			wait, err := postRead(ctx, client, url, apiKey, body)
			if err == nil || wait < 0 || try == respondTries || ctx.Err() != nil {
				return err
			}
			t := time.NewTimer(min(max(wait, backoff), maxBackoff))
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return err
			}
			backoff *= 2
		}
	}
}

// postRead tries once. With an error it returns how long the server asks to wait,
// below zero if another try is no use.
func postRead(ctx context.Context, client *http.Client, url, apiKey string, body []byte) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return -1, err
	}
	req.Header.Set("Content-Type", "application/json")
	if apiKey != "" {
		req.Header.Set("X-API-Key", apiKey)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1024))
	switch {
	case res.StatusCode == http.StatusAccepted:
		return 0, nil
	case err != nil:
		return 0, err
	}
	refused := &RefusedError{res.StatusCode, string(bytes.TrimSpace(text))}
	if res.StatusCode != http.StatusServiceUnavailable {
		return -1, refused
	}
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // absent or a date: our own backoff
	return time.Duration(seconds) * time.Second, refused
}
