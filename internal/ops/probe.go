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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	const most = 1 << 10 // enough for the reasons
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return fmt.Errorf("probe: %s: %w", resp.Status, err)
	}
	return fmt.Errorf("probe: %s: %s", resp.Status, strings.TrimSpace(string(body)))
}
