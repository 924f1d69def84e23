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
	return ask(ctx, http.MethodGet, url, http.StatusOK)
}

// Drain tells a running gateway at the URL of its /-/drain to stop as it does at
// SIGTERM. It returns nil when the gateway has begun to.
func Drain(ctx context.Context, url string) error {
	return ask(ctx, http.MethodPost, url, http.StatusAccepted)
}

// ask sends a request without a body and wants one status.
func ask(ctx context.Context, method, url string, want int) error {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the gateway: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == want {
		return nil
	}
	const most = 1 << 10 // enough for the reasons
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return fmt.Errorf("gateway says %s: %w", resp.Status, err)
	}
	return fmt.Errorf("gateway says %s: %s", resp.Status, strings.TrimSpace(string(body)))
}
