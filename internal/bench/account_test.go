package bench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"readback/internal/simulator/load"
	"readback/internal/testpeer"
)

// fakeWorld is a world whose gateway says how many messages it has numbered, and how many receipts it has dropped.
func fakeWorld(t *testing.T, way Way, numbered, dropped int) *world {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "# HELP x\nreadback_submits_total{account=\"a\",skip=\"numbered\"} %d\nreadback_submits_total{account=\"b\",skip=\"numbered\"} 2\n%s %d\nreadback_submits_total{skip=\"other\"} 5\n", numbered-2, metricDropped, dropped)
	}))
	t.Cleanup(server.Close)
	w := &world{setup: Setup{Way: way}, sink: shell(t, "exec sleep 1000"), target: shell(t, "exec sleep 1000"), ops: server.URL}
	w.route, _ = routeOf(way)
	return w
}

// TestAccount counts messages without a number, and receipts that are missing. A way on which most have no
// number is not what it is called.
func TestAccount(t *testing.T) {
	tests := []struct {
		name               string
		way                Way
		numbered, received int
		err                string
		lost, unnumbered   int
	}{
		{"untracked", Untracked, 7, 0, "", 0, 0},
		{"tracked", Tracked, 17, 0, "", 0, 0},
		{"some have no number", Tracked, 16, 0, "", 0, 1},
		{"most have no number", Tracked, 11, 0, "of 10 messages 4 were numbered", 0, 6},
		{"receipts", Receipts, 17, 10, "", 0, 0},
		{"some receipts are missing", Receipts, 17, 8, "", 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := fakeWorld(t, tt.way, tt.numbered, 4)
			got, err := w.account(testpeer.Within(t), usage{numbered: 7, dropped: 1}, 0, load.Result{Sent: 10, OK: 10, Delivered: tt.received})
			if (tt.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
			if got.Lost != tt.lost || got.Dropped != 3 || got.Unnumbered != tt.unnumbered {
				t.Errorf("got %d lost, %d dropped and %d without a number, want %d, 3 and %d", got.Lost, got.Dropped, got.Unnumbered, tt.lost, tt.unnumbered)
			}
		})
	}
}

// TestRoutes has the table of ways complete.
func TestRoutes(t *testing.T) {
	for _, r := range routes {
		if r.open == nil || (r.registered&4 != 0) != (r.way.isGateway() && r.way != Untracked) || (r.registered&1 != 0) != (r.way == Receipts) {
			t.Errorf("%s: got registered_delivery %d", r.way, r.registered)
		}
		if reads := strings.HasPrefix(string(r.way), "read "); (r.array > 0 && r.senders > 0) != reads {
			t.Errorf("%s: got arrays of %d by %d", r.way, r.array, r.senders)
		}
	}
}
