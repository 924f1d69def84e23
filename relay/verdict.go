package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"readback/relay/access"
	"readback/relay/message"
)

// maxAtOnce is how many items of one array are looked at at once.
const maxAtOnce = 64

// answer is the verdict on a body: on its one read response, or on each one of an array. If the
// items of an array differ, the verdict on the whole is none.
type answer struct {
	message.Verdict
	items []message.Verdict // nil for a single one
}

// MarshalJSON gives an array for an array.
func (a answer) MarshalJSON() ([]byte, error) {
	if a.items == nil {
		return json.Marshal(wireVerdict(a.Verdict))
	}
	all := make([]verdictJSON, len(a.items))
	for i, v := range a.items {
		all[i] = wireVerdict(v)
	}
	return json.Marshal(all)
}

// code is the one that all items share, else 207.
func (a answer) code() int {
	if !a.IsDecided() {
		return http.StatusMultiStatus
	}
	return Code(a.Kind)
}

// has reports whether the verdict on the whole, or on an item of it, is of a kind.
func (a answer) has(kind message.VerdictKind) bool {
	return a.Kind == kind || slices.ContainsFunc(a.items, func(v message.Verdict) bool { return v.Kind == kind })
}

// retryAfter is in how many seconds the whole of it may be sent again; 0: nobody needs to.
func (a answer) retryAfter() int {
	seconds := a.RetryAfter
	for _, v := range a.items {
		seconds = max(seconds, v.RetryAfter)
	}
	return seconds
}

// refused says what was refused, without naming anybody.
func (a answer) refused() string {
	if a.items == nil {
		return fmt.Sprintf("%d %s %s", a.code(), a.Field, a.Reason)
	}
	counts := make(map[int]int)
	for _, v := range a.items {
		counts[Code(v.Kind)]++
	}
	return fmt.Sprintf("verdicts: %v", counts)
}

// submitter takes bodies of read responses, whatever way they come.
type submitter struct {
	reads   *Reads
	callers *access.Callers
}

// submit takes a body: one read response or an array of them. The items of an array are
// looked at side by side.
func (s *submitter) submit(ctx context.Context, body []byte, way string, by access.Caller) answer {
	ctx, cancel := context.WithTimeout(ctx, intakeWait)
	defer cancel()
	items, array, v := ParseReads(body)
	if v.IsDecided() {
		s.reads.tell(&Read{Way: way, By: by}, v, "")
		return answer{Verdict: v}
	}
	verdicts := make([]message.Verdict, len(items))
	var work errgroup.Group
	work.SetLimit(maxAtOnce)
	for i, item := range items {
		work.Go(func() error {
			verdicts[i] = s.reads.submitJSON(ctx, item, way, by)
			return nil
		})
	}
	_ = work.Wait() // they return nothing
	if !array {
		return answer{Verdict: verdicts[0]}
	}
	kind := verdicts[0].Kind
	for _, v := range verdicts {
		if v.Kind != kind {
			kind = message.VerdictNone
		}
	}
	return answer{Verdict: message.Verdict{Kind: kind}, items: verdicts}
}

// submitFrom is submit of whoever showed a credential at a time.
func (s *submitter) submitFrom(ctx context.Context, cred access.Credential, at time.Time, body []byte, way string) answer {
	by, err := s.callers.Identify(cred, at)
	if err != nil {
		v := unauthorized(err)
		s.reads.tell(&Read{Way: way}, v, "")
		return answer{Verdict: v}
	}
	return s.submit(ctx, body, way, by)
}

func (rs *Reads) submitJSON(ctx context.Context, item []byte, way string, by access.Caller) (v message.Verdict) {
	defer rs.contain(&v, way, by)
	rd, v := parseRead(item, by.Receiver.String()) // who speaks for one need not name it
	if v.IsDecided() {
		rs.tell(&Read{Way: way, By: by}, v, "")
		return v
	}
	rd.Way, rd.By = way, by
	return rs.Submit(ctx, rd)
}

// contain makes a verdict of a panic, so that what one caller sends ends nobody's work but his:
// it is not the ledger's, which ends the process. It is deferred.
func (rs *Reads) contain(v *message.Verdict, way string, by access.Caller) {
	if p := recover(); p != nil {
		*v = message.Verdict{Kind: message.VerdictFailed, Reason: "internal error"}
		rs.audit.log.Error("panic in a read response", "way", way, "panic", p, "stack", string(debug.Stack()))
		rs.tell(&Read{Way: way, By: by}, *v, "")
	}
}
