package operator

import (
	"net/http"
	"time"

	"readback/internal/flow"
)

// Flow is what the gateway did in the last minutes, in JSON.
type Flow struct {
	Minutes int           `json:"minutes"`
	Samples []flow.Sample `json:"samples"` // the oldest first
}

// FlowSource is what the page about it asks.
type FlowSource interface {
	Since(at time.Time) []flow.Sample
}

// Bounds of the page.
const (
	usualMinutes = 10
	maxMinutes   = 60
	maxSamples   = 120 // beyond them neighbours are put together
)

// FlowPage returns the page GET /v1/flow, of the last ?minutes=.
func FlowPage(s FlowSource) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		minutes, ok := whole(w, r, "minutes", usualMinutes, 1, maxMinutes)
		if !ok {
			return
		}
		all := s.Since(time.Now().Add(-time.Duration(minutes) * time.Minute))
		answer(w, Flow{Minutes: int(minutes), Samples: flow.Thin(all, maxSamples)})
	})
}
