package reads

import (
	"context"
	"runtime/debug"

	"readback/relay/access"
	"readback/relay/message"
)

// SubmitJSON parses a read response of a caller and submits it. The caller need not name the
// receiver if it can speak for one only. SubmitJSON itself takes no place of the budget.
func (rs *Service) SubmitJSON(ctx context.Context, item []byte, way string, by access.Caller) (v message.Verdict) {
	defer rs.contain(&v, way, by)
	var rd Read
	rs.budget.Work(func() { rd, v = parse(item, by.Receiver.String()) })
	if v.IsDecided() {
		rs.Report(way, by, v)
		return v
	}
	rd.Way, rd.By = way, by
	return rs.decide(ctx, &rd)
}

// contain turns a panic into a verdict, so that one read response does not end the process. A panic
// of the ledger ends it nevertheless. contain is deferred.
func (rs *Service) contain(v *message.Verdict, way string, by access.Caller) {
	if p := recover(); p != nil {
		*v = message.Verdict{Kind: message.VerdictFailed, Reason: "internal error"}
		rs.audit.log.Error("panic in a read response", "way", way, "panic", p, "stack", string(debug.Stack()))
		rs.Report(way, by, *v)
	}
}
