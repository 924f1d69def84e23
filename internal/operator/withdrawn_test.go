package operator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/ops"
	"readback/internal/testpeer"
	"readback/internal/trace"
)

// withdrawDuring has somebody with all roles ask for a page, calls during, withdraws her, calls after, and returns the
// answer. It needs virtual time.
func withdrawDuring(target string, page http.Handler, during, after func()) *httptest.ResponseRecorder {
	s := ops.NewServer(prometheus.NewRegistry(), nil, nil, slog.New(slog.DiscardHandler))
	s.Handle("/v1/", page)
	sum := sha256.Sum256([]byte("token"))
	s.Use(ops.Access{Operators: []ops.Person{{Name: "eve", Roles: ops.Operator | ops.Privacy, SHA256: hex.EncodeToString(sum[:])}}})
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+target, nil)
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	go s.ServeHTTP(w, r)
	synctest.Wait()
	during()
	synctest.Wait()
	s.Use(ops.Access{Operators: []ops.Person{{Name: "bob", Roles: ops.Operator, SHA256: strings.Repeat("0", 64)}}})
	after()
	synctest.Wait()
	return w
}

// An operator who was withdrawn sees no further PDU, and why the trace has ended.
func TestTraceWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeTracer()
		see := func() {
			g.See(&trace.Event{Account: "bank", Frame: testpeer.Frame(pdu.EnquireLinkID, 0, 7, "")})
		}
		w := withdrawDuring("/v1/trace?account=bank&full=true&for=1h", TracePage(g), see, see)
		lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
		var last TraceLine
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
			t.Fatal(err)
		}
		if len(lines) != 2 || last.End == nil || *last.End != (TraceEnd{Reason: "stopped", Shown: 1}) {
			t.Errorf("got %q, want one PDU, and an end", lines)
		}
	})
}

// Whoever waits for the end of a drain is told when she is withdrawn.
func TestDrainWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withdrawDuring("/v1/drain?wait=20", DrainPages(&fakeDrainer{}), func() {}, func() {})
		if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "removed this operator") {
			t.Errorf("got %d %s, want 401", w.Code, w.Body)
		}
	})
}
