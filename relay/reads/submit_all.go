package reads

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"readback/relay/access"
	"readback/relay/index"
	"readback/relay/message"
)

// maxAtOnce is how many items of one array are submitted at a time. So many wait for the log together.
const maxAtOnce = 128

// SubmitAll parses the read responses of a caller and submits them. The caller need not name the receiver if
// it can speak for one only. SubmitAll itself takes no place of the budget.
func (rs *Service) SubmitAll(ctx context.Context, items []json.RawMessage, way string, by access.Caller) []message.Verdict {
	all := make([]item, len(items))
	for from := 0; from < len(all); from += maxAtOnce {
		to := min(from+maxAtOnce, len(all))
		rs.submitSome(ctx, all[from:to], items[from:to], way, by)
	}
	verdicts := make([]message.Verdict, len(items))
	for i := range all {
		verdicts[i] = all[i].verdict
	}
	return verdicts
}

// item is a read response on its way.
type item struct {
	read    Read
	query   query
	verdict message.Verdict
	note    string                                // for the audit log
	waits   bool                                  // for the SMSC's answer to the message, or it has to be looked for again
	logged  func(context.Context) message.Verdict // waits for the log; nil: there is nothing to wait for
}

// submitSome submits read responses. They are queued for the log one after the other and waited for together.
// Those that wait for the SMSC do not hold up the others.
func (rs *Service) submitSome(ctx context.Context, all []item, data []json.RawMessage, way string, by access.Caller) {
	var work errgroup.Group
	for i := range all {
		it := &all[i]
		if rs.begin(it, data[i], way, by); it.waits {
			work.Go(func() error {
				defer rs.contain(&it.verdict, way, by)
				it.verdict, it.note = rs.resolve(ctx, &it.read, &it.query)
				rs.countAndLog(&it.read, it.verdict, it.note)
				return nil
			})
		}
	}
	for i := range all {
		if it := &all[i]; it.logged != nil {
			it.verdict = it.logged(ctx)
			rs.countAndLog(&it.read, it.verdict, "")
		}
	}
	_ = work.Wait() // they return nothing
}

// begin does what can be done with a read response without waiting.
func (rs *Service) begin(it *item, data []byte, way string, by access.Caller) {
	defer rs.contain(&it.verdict, way, by)
	var f *index.Found
	rs.budget.Work(func() { f = rs.decideNow(it, data, way, by) })
	switch {
	case it.verdict.IsDecided():
		rs.countAndLog(&it.read, it.verdict, it.note)
	case !it.waits:
		it.logged = rs.record(&it.query, f)
	}
}

// decideNow returns the message of a read response that is to be recorded. Otherwise the verdict is decided, or
// the read response has to wait.
func (rs *Service) decideNow(it *item, data []byte, way string, by access.Caller) (f *index.Found) {
	rd, v := parse(data, by.Receiver.String())
	rd.Way, rd.By = way, by
	if it.read, it.verdict = rd, v; v.IsDecided() {
		return nil
	}
	if it.query, it.verdict = rs.check(&it.read, time.Now()); it.verdict.IsDecided() {
		return nil
	}
	f, changed, v := rs.look(&it.query)
	if it.waits = changed != nil || f == nil && !it.query.dialled.IsZero(); it.waits {
		return nil
	}
	it.verdict, it.note = rs.judge(&it.read, &it.query, f, v)
	return f
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
