package operator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDrainer drains until stopped is closed.
type fakeDrainer struct {
	begun   int
	stopped chan struct{}
}

func (d *fakeDrainer) Begin()                   { d.begun++ }
func (d *fakeDrainer) Stopped() <-chan struct{} { return d.stopped }

func (d *fakeDrainer) Progress() Drain {
	since := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	until := since.Add(10 * time.Second)
	p := Drain{State: Draining, Since: &since, Deadline: &until, Sessions: 2, Unanswered: 5, Deliveries: 1}
	select {
	case <-d.stopped:
		p = Drain{State: Stopped, Since: &since, Deadline: &until, CutOff: 1}
	default:
	}
	return p
}

// TestDrainPages begins to drain, looks at once, after a while, and at the end.
func TestDrainPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDrainer{stopped: make(chan struct{})}
		ask := func(method, path string) (int, string, time.Duration) {
			w, began := httptest.NewRecorder(), time.Now()
			DrainPages(d).ServeHTTP(w, httptest.NewRequest(method, path, nil))
			return w.Code, strings.TrimSpace(w.Body.String()), time.Since(began)
		}
		const draining = `{"state":"draining","since":"2026-11-30T10:00:00Z","deadline":"2026-11-30T10:00:10Z","sessions":2,"unanswered":5,"deliveries":1,"cut_off":0}`
		if code, body, _ := ask("POST", "/v1/drain"); code != http.StatusAccepted || body != draining || d.begun != 1 {
			t.Errorf("got %d %s, begun %d times", code, body, d.begun)
		}
		if code, body, took := ask("GET", "/v1/drain"); code != http.StatusOK || body != draining || took != 0 {
			t.Errorf("at once: got %d %s after %v", code, body, took)
		}
		if _, body, took := ask("GET", "/v1/drain?wait=3"); body != draining || took != 3*time.Second {
			t.Errorf("waiting: got %s after %v", body, took)
		}
		time.AfterFunc(time.Second, func() { close(d.stopped) })
		if _, body, took := ask("GET", "/v1/drain?wait=3"); !strings.Contains(body, `"state":"stopped"`) || took != time.Second {
			t.Errorf("until it has stopped: got %s after %v", body, took)
		}
		if code, body, _ := ask("GET", "/v1/drain?wait=21"); code != http.StatusBadRequest || !strings.Contains(body, `"field":"wait"`) {
			t.Errorf("too long: got %d %s", code, body)
		}
	})
}
