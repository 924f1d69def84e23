// Package intake has the ways in: it takes read responses over HTTP, NATS and MQTT, identifies their
// callers, and answers with the verdicts. It also has the HTTP API of the operator.
package intake

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/reads"
)

// maxAtOnce is how many items of one array are submitted at a time.
const maxAtOnce = 64

// Submitter takes the bodies of read responses from all ways in.
type Submitter struct {
	reads   *reads.Service
	callers *access.Callers
}

// NewSubmitter returns a submitter that submits to rs what callers send.
func NewSubmitter(rs *reads.Service, callers *access.Callers) *Submitter {
	return &Submitter{rs, callers}
}

// submit takes a body: one read response or an array of them. The items of an array are submitted
// concurrently.
func (s *Submitter) submit(ctx context.Context, body []byte, way string, by access.Caller) answer {
	ctx, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	items, array, v := reads.ParseBody(body)
	if v.IsDecided() {
		s.reads.Report(way, by, v)
		return answer{Verdict: v}
	}
	verdicts := make([]message.Verdict, len(items))
	var work errgroup.Group
	work.SetLimit(maxAtOnce)
	for i, item := range items {
		work.Go(func() error {
			verdicts[i] = s.reads.SubmitJSON(ctx, item, way, by)
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

// submitFrom takes a body from the caller that presented cred at a time.
func (s *Submitter) submitFrom(ctx context.Context, cred access.Credential, at time.Time, body []byte, way string) answer {
	by, err := s.callers.Identify(cred, at)
	if err != nil {
		v := message.Unauthenticated(err)
		s.reads.Report(way, access.Caller{}, v)
		return answer{Verdict: v}
	}
	return s.submit(ctx, body, way, by)
}
