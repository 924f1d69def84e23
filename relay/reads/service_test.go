package reads

import (
	"log/slog"
	"time"

	"readback/internal/metric"
	"readback/relay/message"
	"readback/relay/reads/readstest"
)

// newService returns a Service on a ledger. change changes its options; it may be nil.
func newService(l *readstest.Ledger, change func(*Options)) *Service {
	metrics := NewMetrics(metric.With(nil), nil)
	opt := Options{
		Limits: Limits{ReadRate: 600, ReadBurst: 1000, GuessRate: 600, ReplayWindow: 10 * time.Minute},
		First:  1, Last: 257, Keep: 168 * time.Hour, Wait: 10 * time.Second,
		Audit:   NewAudit(slog.New(slog.DiscardHandler), true, message.Mask, verdictNumber),
		Metrics: metrics, Budget: NewBudget(metrics),
	}
	if change != nil {
		change(&opt)
	}
	return New(l, l.Index, opt)
}

// verdictNumber is how the tests log a kind of verdicts.
func verdictNumber(k message.VerdictKind) int { return int(k) }

// responseTo is the read response to a message.
func responseTo(m *readstest.Message) Read {
	return Read{Receiver: m.Receiver.String(), Sender: m.Sender.String(), Number: m.Number, Status: message.StatusRead}
}
