package ops

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
)

// Client asks a running gateway. Proxies and redirects are not followed.
type Client struct {
	Base  string      // URL of the gateway's operator interface
	Token string      // empty: none
	TLS   *tls.Config // nil: that of crypto/tls
}

// maxAnswer is how much of an answer is read: a page of what can be listed.
const maxAnswer = 8 << 20

// Do sends a request without a body, and returns the answer, whose body the caller must close.
func (c *Client) Do(ctx context.Context, method, path string) (*http.Response, error) {
	return c.send(ctx, method, path, nil)
}

// send sends a request with a body of JSON, unless that is nil.
func (c *Client) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, c.Base+path, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: c.TLS},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("ask the gateway: %w (hint: is it running? --ops HOST:PORT asks at another address; a changed ops.addr needs a restart)", err)
	case err != nil:
		return nil, fmt.Errorf("ask the gateway: %w", err)
	}
	return resp, nil
}

// Refusal is an answer with another status than the caller wanted.
type Refusal struct {
	Code   int
	Status string // the code, and its name
	Reason string // what the gateway says about it
	Body   []byte
}

// Error returns the status and the reason.
func (r *Refusal) Error() string { return fmt.Sprintf("gateway says %s: %s", r.Status, r.Reason) }

// Ask sends a request without a body, wants one status and returns the body. Another status is a Refusal.
func (c *Client) Ask(ctx context.Context, method, path string, want int) ([]byte, error) {
	resp, err := c.Do(ctx, method, path)
	return read(resp, err, want)
}

// Put sends a value as JSON, and is like Ask then.
func (c *Client) Put(ctx context.Context, path string, value any, want int) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("PUT %s: %w", path, err)
	}
	resp, err := c.send(ctx, http.MethodPut, path, body)
	return read(resp, err, want)
}

// read returns the body of an answer with the wanted status.
func read(resp *http.Response, err error, want int) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, fmt.Errorf("gateway says %s: %w", resp.Status, err)
	case resp.StatusCode != want:
		return nil, &Refusal{Code: resp.StatusCode, Status: resp.Status, Reason: Reason(resp, body), Body: body}
	}
	return body, nil
}

// Open sends a request without a body, wants one status, and returns the body, which the caller must close. An error
// has what the gateway said.
func (c *Client) Open(ctx context.Context, method, path string, want int) (io.ReadCloser, error) {
	resp, err := c.Do(ctx, method, path)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == want {
		return resp.Body, nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the status says enough
	return nil, fmt.Errorf("gateway says %s: %s", resp.Status, Reason(resp, body))
}

// Reason returns what an answer says about an error: problem details (RFC 9457) with a hint, or a line of text.
func Reason(resp *http.Response, body []byte) string {
	var p struct{ Detail, Hint string }
	if resp.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal(body, &p) != nil || p.Detail == "" {
		return strings.TrimSpace(string(body))
	}
	if p.Hint != "" {
		p.Detail += "; " + p.Hint
	}
	return p.Detail
}
