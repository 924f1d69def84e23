package relay

import (
	"errors"
	"fmt"
	"strings"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// submitCut sends a message in parts, up to the answer to its ESME.
func (r *running) submitCut(c message.Conversation, wanted byte, ids ...string) *ledger.Sent {
	r.t.Helper()
	s := tracked(c)
	s.Split = uint8(len(ids))
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatalf("assign: %v", err)
	}
	cut := ledger.Split{Wanted: wanted}
	for _, id := range ids {
		cut.IDs = append(cut.IDs, []byte(id))
		cut.Keys = append(cut.Keys, []byte(strings.ToLower(id)))
	}
	w := make(logged, 1)
	r.Ledger().AcceptSplit(s, cut, w, 7)
	<-w
	return s
}

// merge tells of a part's receipt, and returns what it came to.
func (r *running) merge(c message.Conversation, key string, state byte) (*message.Merged, error) {
	r.t.Helper()
	p, ok := r.Ledger().PartOf([]byte(key), c.Receiver)
	if !ok {
		return nil, errors.New("no such part")
	}
	type result struct {
		m   *message.Merged
		err error
	}
	done := make(chan result, 1)
	note := message.PartReceipt{State: state, ID: strings.ToUpper(key), Err: fmt.Sprintf("%03d", state), Text: "text of " + key}
	r.Ledger().Merge(p, note, func(m *message.Merged, err error) { done <- result{m, err} })
	got := relaytest.Receive(r.t, done)
	return got.m, got.err
}
