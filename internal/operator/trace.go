package operator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"readback/internal/trace"
)

// TraceLine is a line of the page GET /v1/trace. Each has one of the fields; the last one has End.
type TraceLine struct {
	PDU *trace.PDU `json:"pdu,omitempty"`
	End *TraceEnd  `json:"end,omitempty"`
}

// TraceEnd says why a trace has ended, and what it has missed.
type TraceEnd struct {
	Reason string `json:"reason"`           // time, count, or stopped: by the end of the gateway, or because who asked has lost a role
	Shown  uint64 `json:"shown"`            // PDUs
	Lost   uint64 `json:"lost,omitempty"`   // PDUs that were not shown because the reader was too slow
	Unseen uint64 `json:"unseen,omitempty"` // PDUs of any kind that passed unseen because there were too many
}

// Tracer is what the page about PDUs asks.
type Tracer interface {
	Trace(trace.Filter) (*trace.Trace, error)
}

// Bounds of a trace.
const (
	usualTraceTime  = time.Minute
	maxTraceTime    = time.Hour
	usualTraceCount = 100
	maxTraceCount   = 1_000_000
	traceWrite      = 10 * time.Second // for the reader to take what has come
)

// TracePage returns the page GET /v1/trace, which shows PDUs as lines of JSON while they pass: those of ?account=, of
// ?receiver=, or of the message ?message_id=, until the time ?for= is over, or until there were ?count=. With ?full=true
// subscribers' numbers and texts are shown.
func TracePage(g Tracer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		span, ok := traceTime(w, r)
		if !ok {
			return
		}
		count, ok := whole(w, r, "count", usualTraceCount, 1, maxTraceCount)
		if !ok {
			return
		}
		full, ok := flag(w, r, "full")
		if !ok {
			return
		}
		t := startTrace(w, r, g, full)
		if t == nil {
			return
		}
		defer t.Stop()
		ctx, cancel := context.WithTimeout(r.Context(), span)
		defer cancel()
		end := traceTo(ctx, w, t, count)
		if end == nil {
			return
		}
		if r.Context().Err() != nil {
			end.Reason = "stopped"
		}
		_ = writeTraceLine(w, TraceLine{End: end}) // a reader that has gone needs no end
	})
}

// traceTime returns how long a trace is to run. It answers the request if the time is wrong.
func traceTime(w http.ResponseWriter, r *http.Request) (span time.Duration, ok bool) {
	text := r.URL.Query().Get("for")
	if text == "" {
		return usualTraceTime, true
	}
	span, err := time.ParseDuration(text)
	if err != nil || span <= 0 || span > maxTraceTime {
		refuse(w, http.StatusBadRequest, problem{Field: "for", Detail: "for is no time up to " + maxTraceTime.String(), Hint: "write it as 90s or 10m"})
		return 0, false
	}
	return span, true
}

// startTrace begins a trace. It answers the request if that cannot be, and returns nil.
func startTrace(w http.ResponseWriter, r *http.Request, g Tracer, full bool) *trace.Trace {
	q := r.URL.Query()
	f := trace.Filter{Account: q.Get("account"), Receiver: q.Get("receiver"), MessageID: q.Get("message_id"), Full: full}
	err := f.Prepare()
	switch {
	case errors.Is(err, trace.ErrNoFilter):
		refuse(w, http.StatusBadRequest, problem{Field: "account", Detail: err.Error(), Hint: "GET /v1/sessions lists the accounts that are bound"})
		return nil
	case err != nil:
		refuse(w, http.StatusBadRequest, problem{Field: "receiver", Detail: "receiver: " + err.Error(), Hint: "write it with its country code, such as 447700900101"})
		return nil
	}
	t, err := g.Trace(f)
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, problem{Detail: err.Error(), Hint: "end another trace, or wait for its end"})
		return nil
	}
	return t
}

// traceTo writes the PDUs of a trace until ctx ends or count were written. It returns nil if the reader has gone.
func traceTo(ctx context.Context, w http.ResponseWriter, t *trace.Trace, count uint64) *TraceEnd {
	h := w.Header()
	h.Set("Content-Type", "application/jsonl")
	h.Set("Cache-Control", "no-store")
	if http.NewResponseController(w).Flush() != nil { // tells the reader that the trace runs
		return nil
	}
	end := &TraceEnd{Reason: "count"}
	for ; end.Shown < count; end.Shown++ {
		p := t.Next(ctx)
		if p == nil || ctx.Err() != nil { // a PDU may come as ctx ends: who asked may have been withdrawn
			end.Reason = "time"
			break
		}
		if writeTraceLine(w, TraceLine{PDU: p}) != nil {
			return nil
		}
	}
	end.Lost, end.Unseen = t.Lost()
	return end
}

// writeTraceLine writes a line at once.
func writeTraceLine(w http.ResponseWriter, l TraceLine) error {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(traceWrite)) // a writer that has none never waits
	return errors.Join(json.NewEncoder(w).Encode(l), control.Flush())
}
