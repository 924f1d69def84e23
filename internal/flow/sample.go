package flow

import (
	"time"

	"readback/internal/metric"
)

// Sample is what the gateway did in the time since the sample before, and how it was at its end, in JSON.
type Sample struct {
	Time time.Time `json:"time"`

	// A second.
	Messages  float64 `json:"messages"` // of ESMEs
	Numbered  float64 `json:"numbered"`
	Skipped   float64 `json:"skipped"`   // those without a number
	Delivered float64 `json:"delivered"` // numbered ones
	Read      float64 `json:"read"`
	Rejected  float64 `json:"rejected"` // by the SMSC

	// At the time.
	Sessions int  `json:"sessions"`
	SMSCUp   bool `json:"smsc_up"`
	Held     int  `json:"held"`    // requests of ESMEs
	Waiting  int  `json:"waiting"` // feedback in the queues of accounts
	Outbox   int  `json:"outbox"`  // feedback that is not in its queue yet
	Receipts int  `json:"receipts_held"`
	Dead     int  `json:"dead"`

	// In seconds; missing if there was nothing to measure.
	Added  *Latency `json:"added,omitempty"`  // by the gateway, to the way to the SMSC
	Answer *Latency `json:"answer,omitempty"` // of the SMSC
	Append *Latency `json:"append,omitempty"` // to the ledger's log
}

// Latency says how long half of something took at most, and 99 of 100.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// totals are what the metrics say at a time.
type totals struct {
	at                                             time.Time
	numbered, skipped, delivered, read, rejected   float64
	sessions, up, held, waiting, outbox, due, dead float64
	added, answer, appends                         metric.Hist
}

// read reads the metrics.
func (s *Sampler) read(now time.Time) totals {
	t := totals{at: now}
	for _, one := range s.source.Read("readback_submits_total") {
		if one.Labels["skip"] == "numbered" {
			t.numbered += one.Value
		} else {
			t.skipped += one.Value
		}
	}
	for _, one := range s.source.Read("readback_messages_total") {
		switch one.Labels["state"] {
		case "delivered":
			t.delivered += one.Value
		case "read":
			t.read += one.Value
		}
	}
	for _, one := range s.source.Read("readback_pdus_total") {
		if one.Labels["command"] == "submit_sm_resp" && one.Labels["from"] == "smsc" && one.Labels["status"] != "0x00" {
			t.rejected += one.Value
		}
	}
	for name, to := range map[string]*float64{
		"readback_sessions": &t.sessions, "readback_smsc_up": &t.up, "readback_held_requests": &t.held,
		"readback_feedback_waiting": &t.waiting, "readback_feedback_outbox": &t.outbox,
		"readback_receipts_held": &t.due, "readback_dead_letters": &t.dead,
	} {
		for _, one := range s.source.Read(name) {
			*to += one.Value
		}
	}
	t.added = s.histogram("readback_added_seconds", "to", "smsc")
	t.answer = s.histogram("readback_smsc_answer_seconds", "", "")
	t.appends = s.histogram("readback_ledger_append_seconds", "", "")
	return t
}

// histogram reads the series of a histogram whose label has a value.
func (s *Sampler) histogram(name, label, value string) metric.Hist {
	for _, one := range s.source.Read(name) {
		if one.Hist != nil && (label == "" || one.Labels[label] == value) {
			return *one.Hist
		}
	}
	return metric.Hist{}
}

// since returns the sample of the time from before to t.
func (t *totals) since(before *totals) Sample {
	seconds := max(t.at.Sub(before.at).Seconds(), 1e-3)
	rate := func(now, then float64) float64 { return max(now-then, 0) / seconds }
	s := Sample{
		Time:     t.at.Truncate(time.Millisecond),
		Numbered: rate(t.numbered, before.numbered), Skipped: rate(t.skipped, before.skipped),
		Delivered: rate(t.delivered, before.delivered), Read: rate(t.read, before.read), Rejected: rate(t.rejected, before.rejected),
		Sessions: int(t.sessions), SMSCUp: t.up > 0, Held: int(t.held), Waiting: int(t.waiting), Outbox: int(t.outbox),
		Receipts: int(t.due), Dead: int(t.dead),
		Added: latency(&t.added, &before.added), Answer: latency(&t.answer, &before.answer), Append: latency(&t.appends, &before.appends),
	}
	s.Messages = s.Numbered + s.Skipped
	return s
}
