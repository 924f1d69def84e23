package gateway

import (
	"fmt"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"readback/smpp"
)

// metrics are what the gateway counts; docs/operations.md explains each.
type metrics struct {
	connections  prometheus.Gauge
	refused      *prometheus.CounterVec
	bindsRefused *prometheus.CounterVec
	binds        *prometheus.GaugeVec
	pdus         *prometheus.CounterVec
	skips        []prometheus.Counter // by Skip
	splits       *prometheus.CounterVec
	uncancelled  prometheus.Counter
	merged       *prometheus.CounterVec
	expired      *prometheus.CounterVec
	late         prometheus.Counter
	answer       prometheus.Histogram
	panics       prometheus.Counter

	addedToSMSC, addedToESME func(time.Duration)

	mu       sync.RWMutex
	counters map[pduKey]prometheus.Counter // of pdus: looking up labels costs more than passing a PDU
}

type pduKey struct {
	from   side
	id     pdu.ID
	status pdu.Status
}

// side is who sent a PDU.
type side string

const (
	fromESMESide side = "esme"
	fromSMSCSide side = "smsc"
)

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		counters:    make(map[pduKey]prometheus.Counter),
		connections: f.NewGauge(prometheus.GaugeOpts{Name: "readback_sessions", Help: "ESME connections open now."}),
		refused: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_connections_refused_total",
			Help: "ESME connections refused, by reason.",
		}, []string{"reason"}),
		bindsRefused: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_binds_refused_total",
			Help: "Binds that the gateway itself refused, by reason.",
		}, []string{"reason"}),
		binds: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "readback_smsc_bind_up",
			Help: "1 while this bind of the gateway's own is bound to the SMSC (shared mode).",
		}, []string{"bind"}),
		pdus: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_pdus_total",
			Help: "PDUs passed, by who sent them, command and status.",
		}, []string{"from", "command", "status"}),
		expired: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_unanswered_total",
			Help: "Requests without response in time, by who owed it.",
		}, []string{"peer"}),
		splits: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_splits_total",
			Help: "Messages that went on in parts for lack of room, by outcome: accepted, refused.",
		}, []string{"outcome"}),
		uncancelled: f.NewCounter(prometheus.CounterOpts{
			Name: "readback_parts_not_cancelled_total",
			Help: "Accepted parts of refused messages that the SMSC did not cancel.",
		}),
		merged: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_part_receipts_total",
			Help: "Receipts of parts by what became of them: merged, passed (the last one, as that of the whole), unwanted, refused.",
		}, []string{"outcome"}),
		late: f.NewCounter(prometheus.CounterOpts{
			Name: "readback_late_answers_total",
			Help: "Responses of the SMSC that came after the ESME was told ESME_RSYSERR.",
		}),
		panics: f.NewCounter(prometheus.CounterOpts{
			Name: "readback_panics_total",
			Help: "Panics that ended a link, a bind of the gateway's own, or, in shared mode, the handling of a PDU of the SMSC's. The stack is in the log: please report it.",
		}),
		answer: f.NewHistogram(prometheus.HistogramOpts{
			Name: "readback_smsc_answer_seconds",
			Help: "Time from a numbered submit_sm to its submit_sm_resp.", Buckets: prometheus.ExponentialBuckets(100e-6, 2, 18),
		}),
	}
	added := f.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "readback_added_seconds",
		Help:    "Time that a sample of the PDUs spent in the gateway, until written, by where they went.",
		Buckets: prometheus.ExponentialBuckets(10e-6, 2, 18),
	}, []string{"to"})
	toSMSC, toESME := added.WithLabelValues("smsc"), added.WithLabelValues("esme")
	m.addedToSMSC = func(d time.Duration) { toSMSC.Observe(d.Seconds()) }
	m.addedToESME = func(d time.Duration) { toESME.Observe(d.Seconds()) }

	vec := f.NewCounterVec(prometheus.CounterOpts{
		Name: "readback_submits_total",
		Help: "submit_sm and submit_multi by what became of their number: numbered, or why not.",
	}, []string{"skip"})
	for _, s := range Skips() {
		m.skips = append(m.skips, vec.WithLabelValues(s.String()))
	}
	return m
}

// count counts a PDU that arrived.
func (m *metrics) count(from side, f smpp.Frame) {
	key := pduKey{from, f.ID(), f.Status()}
	m.mu.RLock()
	c, ok := m.counters[key]
	m.mu.RUnlock()
	if ok {
		c.Inc()
		return
	}
	command, status := smpp.Command(key.id), statusLabel(key.status)
	c = m.pdus.WithLabelValues(string(from), command, status)
	c.Inc()
	if command != "other" && status != "other" { // else a peer could fill the map
		m.mu.Lock()
		m.counters[key] = c
		m.mu.Unlock()
	}
}

// statusLabel keeps the label's values to those the standard knows.
func statusLabel(s pdu.Status) string {
	if !smpp.KnownStatus(s) {
		return "other"
	}
	return fmt.Sprintf("0x%02x", uint32(s))
}
