package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"readback/internal/flow"
	"readback/internal/metric"
	"readback/internal/operator"
	"readback/internal/ops"
)

// asked notes which metrics are read.
type asked struct {
	*metric.Registry
	names *[]string
}

func (a asked) Read(name string) []metric.Series {
	*a.names = append(*a.names, name)
	return a.Registry.Read(name)
}

// TestFlowMetrics checks that the gateway has all metrics that a sample is made of.
func TestFlowMetrics(t *testing.T) {
	r := startService(t, nil)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var names, declared []string
	if err := flow.NewSampler(asked{r.metrics, &names}).Run(ended); err != nil || len(names) == 0 {
		t.Fatalf("read %q, %v", names, err)
	}
	for _, o := range r.metrics.Declared() {
		declared = append(declared, o.Name)
	}
	for _, name := range names {
		if !slices.Contains(declared, name) {
			t.Errorf("no package declares %s", name)
		}
	}
	for _, path := range []string{"/v1/flow", "/v1/reads"} {
		body, err := (&ops.Client{Base: "http://" + r.Ops()}).Ask(t.Context(), http.MethodGet, path, http.StatusOK)
		if err != nil || !json.Valid(body) {
			t.Errorf("%s: got %q, %v", path, body, err)
		}
	}
	var page operator.Flow
	body, _ := (&ops.Client{Base: "http://" + r.Ops()}).Ask(t.Context(), http.MethodGet, "/v1/flow?minutes=60", http.StatusOK)
	if err := json.Unmarshal(body, &page); err != nil || page.Minutes != 60 || page.Samples == nil {
		t.Errorf("got %q, %v", body, err)
	}
}
