package intake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"readback/relay/message"
)

// answer is the verdict on a body: on its one read response, or on each one of an array. If the
// items of an array differ, the verdict on the whole is none.
type answer struct {
	message.Verdict
	items []message.Verdict // nil for a single one
}

// MarshalJSON returns an array if the body was an array.
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

// code returns the HTTP status code that all items share, else 207.
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

// retryAfter returns after how many seconds the whole body may be sent again, and 0 if there is no
// need to.
func (a answer) retryAfter() int {
	seconds := a.RetryAfter
	for _, v := range a.items {
		seconds = max(seconds, v.RetryAfter)
	}
	return seconds
}

// refused describes the verdicts without addresses.
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
