package main

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"readback/config"
	"readback/internal/ops"
)

// Silent connections of an operator's own address end nothing that operators have open: as many live pages as
// there may be stay.
func TestOperatorsKeepTheirConnections(t *testing.T) {
	for name, people := range map[string][]ops.Person{
		"with operators": {{Name: "alice", Roles: ops.Operator | ops.Privacy, SHA256: hashOf("s3cret")}}, "without": nil,
	} {
		t.Run(name, func(t *testing.T) {
			r := startService(t, func(cfg *config.Config) { cfg.Ops.Operators = people })
			c := &ops.Client{Base: "http://" + r.Ops(), Token: "s3cret"}
			live := make([]*bufio.Reader, 50)
			for i := range live {
				page, err := c.Do(t.Context(), http.MethodGet, "/console/live/reads")
				if err != nil || page.StatusCode != http.StatusOK {
					t.Fatalf("live page %d: got %v, %v", i, page, err)
				}
				defer func() { _ = page.Body.Close() }()
				live[i] = bufio.NewReader(page.Body)
				eventOf(t, live[i])
			}
			if _, err := c.Ask(t.Context(), http.MethodGet, "/console/live/reads", http.StatusServiceUnavailable); err != nil {
				t.Errorf("one live page more: got %v, want 503", err)
			}
			fewStay(t, r.Ops(), maxOpsPerAddress+10, maxOpsPerAddress)
			for _, page := range live {
				eventOf(t, page)
			}
			if _, err := c.Ask(t.Context(), http.MethodGet, "/v1/trace?account=bank&for=1ms", http.StatusOK); err != nil {
				t.Errorf("a further request: %v", err)
			}
		})
	}
}

// eventOf reads the next event of a live page.
func eventOf(t *testing.T, r *bufio.Reader) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("a live page ended: %v", err)
		}
		if strings.TrimSpace(line) == "" {
			return
		}
	}
}
