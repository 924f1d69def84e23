package ops

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Probe asks a running gateway at the URL of its /healthz or /readyz. It returns
// nil if the answer is 200, else an error with what the gateway said. ctx bounds
// the wait; proxies and redirects are not followed.
func Probe(ctx context.Context, url string) error {
	_, err := Ask(ctx, http.MethodGet, url, http.StatusOK)
	return err
}

// Drain tells a running gateway at the URL of its /-/drain to stop as it does at
// SIGTERM. It returns nil when the gateway has begun to.
func Drain(ctx context.Context, url string) error {
	_, err := Ask(ctx, http.MethodPost, url, http.StatusAccepted)
	return err
}

// maxAnswer is how much of an answer is read: a page of what can be listed.
const maxAnswer = 8 << 20

// Ask sends a request without a body, wants one status and returns the body. An error
// has what the gateway said.
func Ask(ctx context.Context, method, url string, want int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the gateway: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, fmt.Errorf("gateway says %s: %w", resp.Status, err)
	case resp.StatusCode != want:
		return nil, fmt.Errorf("gateway says %s: %s", resp.Status, strings.TrimSpace(string(body)))
	}
	return body, nil
}
