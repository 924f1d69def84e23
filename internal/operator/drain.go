package operator

import (
	"net/http"
	"time"

	"readback/internal/ops"
)

// States of a gateway, from its start to its end.
const (
	Serving  = "serving"
	Draining = "draining" // it takes nothing new, and awaits the answers under way
	Stopping = "stopping" // all sessions are down; the ledger and the rest are being closed
	Stopped  = "stopped"  // the process is about to end
)

// Drain is how far a gateway is with stopping, in JSON.
type Drain struct {
	State      string     `json:"state"`
	Since      *time.Time `json:"since,omitempty"`    // when it began to drain
	Deadline   *time.Time `json:"deadline,omitempty"` // until when it awaits answers
	Sessions   int        `json:"sessions"`           // of ESMEs that are left
	Unanswered int64      `json:"unanswered"`         // requests of ESMEs
	Deliveries int        `json:"deliveries"`         // feedback, receipts and messages that ESMEs have not answered
	CutOff     int64      `json:"cut_off"`            // sessions that the drain has ended before all their answers had come
}

// Drainer is what the pages about it ask.
type Drainer interface {
	Begin() // begins to drain, once; it does not wait
	Progress() Drain
	Stopped() <-chan struct{} // closed when the state is Stopped
}

// maxDrainWait is how long a request may wait for the end, in seconds.
const maxDrainWait = 20

// DrainPages returns the pages POST /v1/drain, which begins to drain, and GET /v1/drain. With ?wait=SECONDS the answer
// comes after that time, or when the gateway has stopped.
func DrainPages(d Drainer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/drain", func(w http.ResponseWriter, _ *http.Request) {
		d.Begin()
		write(w, "application/json", http.StatusAccepted, d.Progress())
	})
	mux.HandleFunc("GET /v1/drain", func(w http.ResponseWriter, r *http.Request) {
		seconds, ok := whole(w, r, "wait", 0, 0, maxDrainWait)
		if !ok {
			return
		}
		if seconds > 0 {
			timer := time.NewTimer(time.Duration(seconds) * time.Second)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-d.Stopped():
			case <-r.Context().Done():
			}
		}
		if err := ops.Withdrawn(r); err != nil {
			refuse(w, http.StatusUnauthorized, problem{Detail: err.Error(), Hint: "the drain goes on; ask with another token"})
			return
		}
		answer(w, d.Progress())
	})
	return mux
}
