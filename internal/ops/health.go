package ops

import (
	"encoding/json"
	"net/http"
)

// healthz answers 200 for as long as the process lives.
func healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

// readiness is the answer of /readyz: whether all checks passed, and the reason of
// each that did not.
type readiness struct {
	Ready   bool              `json:"ready"`
	Reasons map[string]string `json:"reasons,omitempty"`
}

// readyz answers 200 if all checks pass, else 503.
func readyz(checks map[string]func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		reasons := make(map[string]string)
		for name, check := range checks {
			if err := check(); err != nil {
				reasons[name] = err.Error()
			}
		}
		status := http.StatusOK
		if len(reasons) > 0 {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, readiness{Ready: len(reasons) == 0, Reasons: reasons})
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who asked has gone
}
