// Package intake has the ways in: it takes read responses over HTTP, NATS and MQTT, identifies their
// callers, and answers with the verdicts. It also has the HTTP API of the operator.
package intake

import (
	"context"
	"encoding/json"
	"time"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/reads"
)

// Submitter takes the bodies of read responses from all ways in.
type Submitter struct {
	reads   *reads.Service
	budget  *reads.Budget
	callers *access.Callers
}

// NewSubmitter returns a submitter that submits to rs what callers send.
func NewSubmitter(rs *reads.Service, callers *access.Callers) *Submitter {
	return &Submitter{rs, rs.Budget(), callers}
}

// via is a way in. A patient one holds back what it has, and waits with it for a place of the budget.
type via struct {
	name    string // a label of the metrics, and in the audit log
	patient bool
}

// submit takes a body: one read response or an array of them. The items of an array wait
// for the log together. Nothing is parsed before the body has a place of the budget.
func (s *Submitter) submit(ctx context.Context, body []byte, way via, by access.Caller) answer {
	ctx, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	place := reads.Request{Way: way.name, Patient: way.patient}
	if reads.IsArray(body) {
		place.Load = reads.Array
	}
	if !s.budget.Enter(ctx, place) {
		v := reads.OverBudget()
		s.reads.Report(way.name, by, v)
		return answer{Verdict: v}
	}
	defer s.budget.Leave(place)
	return s.decide(ctx, body, way.name, by)
}

// decide is submit with a place.
func (s *Submitter) decide(ctx context.Context, body []byte, way string, by access.Caller) answer {
	var items []json.RawMessage
	var array bool
	var v message.Verdict
	s.budget.Work(func() { items, array, v = reads.ParseBody(body) })
	if v.IsDecided() {
		s.reads.Report(way, by, v)
		return answer{Verdict: v}
	}
	verdicts := s.reads.SubmitAll(ctx, items, way, by)
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
func (s *Submitter) submitFrom(ctx context.Context, cred access.Credential, at time.Time, body []byte, way via) answer {
	by, err := s.identify(cred, at)
	if err != nil {
		v := message.Unauthenticated(err)
		s.reads.Report(way.name, access.Caller{}, v)
		return answer{Verdict: v}
	}
	return s.submit(ctx, body, way, by)
}

// identify returns the caller that presents cred at a time. A token costs the processor some time.
func (s *Submitter) identify(cred access.Credential, at time.Time) (by access.Caller, err error) {
	s.budget.Work(func() { by, err = s.callers.Identify(cred, at) })
	return by, err
}
