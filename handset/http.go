package handset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// HTTP sends read responses by POST. TLS is a matter of Client.
type HTTP struct {
	URL string // of the server's /v1/reads
	// Client; nil stands for one with a time-out of thirty seconds.
	Client *http.Client
	// Token returns the bearer token, and APIKey the API key. They are called before every
	// try, so that an expired one can be replaced. Nil sends none.
	Token, APIKey func(ctx context.Context) (string, error)
}

// Key is a Token or APIKey that does not change.
func Key(key string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return key, nil }
}

var defaultClient = &http.Client{Timeout: 30 * time.Second}

// maxAnswer is the longest answer that is read. A thousand verdicts are shorter.
const maxAnswer = 1 << 20

// ErrNoVerdict means that the answer is not from a Readback server: the URL is wrong, or a
// proxy in between has answered.
var ErrNoVerdict = errors.New("the answer holds no verdict")

// Send is a Sender.
func (h HTTP) Send(ctx context.Context, batch []Response) ([]Verdict, error) {
	req, err := h.request(ctx, batch)
	if err != nil {
		return nil, err
	}
	client := h.Client
	if client == nil {
		client = defaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	switch v := (Verdict{Code: res.StatusCode, Reason: http.StatusText(res.StatusCode)}); {
	case v.Again():
		return nil, &LaterError{v, retryAfter(res.Header, time.Now())}
	case v.Code == http.StatusRequestEntityTooLarge: // a proxy may answer so, too
		return []Verdict{v}, nil
	}
	return verdicts(res.StatusCode, body, len(batch))
}

func (h HTTP) request(ctx context.Context, batch []Response) (*http.Request, error) {
	var body []byte
	var err error
	if len(batch) == 1 {
		body, err = json.Marshal(batch[0])
	} else {
		body, err = json.Marshal(batch)
	}
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	for _, show := range []struct {
		key          func(context.Context) (string, error)
		name, prefix string
	}{{h.Token, "Authorization", "Bearer "}, {h.APIKey, "X-API-Key", ""}} {
		if show.key == nil {
			continue
		}
		key, err := show.key(ctx)
		if err != nil {
			return nil, fmt.Errorf("key for read responses: %w", err)
		}
		if key != "" {
			req.Header.Set(show.name, show.prefix+key)
		}
	}
	return req, nil
}

// verdicts reads the answer: an array if the request was one, else one verdict for all.
func verdicts(status int, body []byte, n int) ([]Verdict, error) {
	body = bytes.TrimSpace(body)
	var all []Verdict
	var ok bool
	if bytes.HasPrefix(body, []byte{'['}) {
		ok = json.Unmarshal(body, &all) == nil && len(all) == n
	} else {
		all = make([]Verdict, 1)
		ok = json.Unmarshal(body, &all[0]) == nil && all[0].Code == status
	}
	for _, v := range all {
		ok = ok && v.Code != 0
	}
	if !ok {
		return nil, fmt.Errorf("%w: %d %.200q", ErrNoVerdict, status, body)
	}
	return all, nil
}

// retryAfter reads the header in its two forms (RFC 9110 §10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
