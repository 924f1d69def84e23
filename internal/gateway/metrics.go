package gateway

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/internal/pool"
)

// metrics are what the gateway counts.
type metrics struct {
	connections  prometheus.Gauge
	refused      *prometheus.CounterVec
	bindsRefused *prometheus.CounterVec
	pool         *pool.Metrics
	ofESMEs      *pduCounters // PDUs that came from them
	ofSMSC       *pduCounters
	submits      *submitCounters
	splits       *prometheus.CounterVec
	uncancelled  prometheus.Counter
	repeated     prometheus.Counter
	expired      *prometheus.CounterVec
	late         prometheus.Counter
	unmatched    *prometheus.CounterVec
	answer       prometheus.Histogram
	panics       prometheus.Counter
	held         prometheus.Gauge

	addedToSMSC, addedToESME func(time.Duration)
}

// side is who sent a PDU.
type side string

const (
	fromESMESide side = "esme"
	fromSMSCSide side = "smsc"
)

var bothSides = []string{string(fromESMESide), string(fromSMSCSide)}

func newMetrics(reg prometheus.Registerer) *metrics {
	m, f := &metrics{pool: pool.NewMetrics(reg)}, metric.With(reg)
	m.addSessions(f)
	m.addMessages(f)
	m.addParts(f)
	return m
}

// addSessions declares the metrics of connections, and of the PDUs on them.
func (m *metrics) addSessions(f metric.Factory) {
	m.connections = f.Gauge(metric.Opts{
		Name: "readback_sessions", Help: "ESME connections open now.",
		Look: "it drops",
	})
	m.held = f.Gauge(metric.Opts{
		Name: "readback_held_requests", Help: "Requests of ESMEs that wait behind one that waits for the rate, a window, the ledger or the SMSC.",
		Look: "it stays high: ESMEs send more than they may, or than the SMSC takes",
	})
	m.refused = f.CounterVec(metric.Opts{
		Name: "readback_connections_refused_total", Help: "ESME connections refused, by reason.",
		Labels: []string{"reason"}, Detail: "`max_sessions`, `max_unbound`, `per_address`, `rate`, `gave_way`, `not_allowed`, `proxy`, `tls` ([security](security.md#floods)).", Look: "it rises",
		Series: metric.Each([]string{"max_sessions", "max_unbound", "per_address", "rate", "gave_way", "not_allowed", "proxy", "tls"}),
	})
	m.bindsRefused = f.CounterVec(metric.Opts{
		Name: "readback_binds_refused_total", Help: "Binds of ESMEs that were refused, by reason.",
		Labels: []string{"reason"}, Series: metric.Each(bindRefusalWords()), Look: "it rises",
		Detail: "`smsc`: the SMSC has refused it (mirror mode). All others are of the gateway itself: `not_allowed` (address) and `certificate` (`accounts.NAME`), `max_sessions`, `guesses` (too many wrong binds of the address), `unknown_account`, `wrong_password`, `busy` and `left` (before the password was checked), `smsc_down` (shared mode), `outbind`. The log has account and address.",
	})
	pdus := f.StripedVec(metric.Opts{
		Name: "readback_pdus_total", Help: "PDUs passed, by who sent them, command and status.",
		Labels: []string{"from", "command", "status"}, Look: "statuses other than `0x00` rise",
		Series: [][]string{
			{string(fromESMESide), "submit_sm", "0x00"},
			{string(fromSMSCSide), "submit_sm_resp", "0x00"},
			{string(fromSMSCSide), "deliver_sm", "0x00"},
			{string(fromESMESide), "deliver_sm_resp", "0x00"},
		},
	})
	m.ofESMEs, m.ofSMSC = newPDUCounters(fromESMESide, pdus), newPDUCounters(fromSMSCSide, pdus)
	m.expired = f.CounterVec(metric.Opts{
		Name: "readback_unanswered_total", Help: "Requests without response in time, by who owed it.",
		Labels: []string{"peer"}, Series: metric.Each(bothSides), Look: "`peer=\"smsc\"` rises",
	})
	m.late = f.Counter(metric.Opts{
		Name: "readback_late_answers_total", Help: "Responses of the SMSC that came after the ESME was told ESME_RSYSERR.",
		Detail: "A message that such a response accepts is recorded.",
		Look:   "it rises: `smsc.response_timeout` is too short",
	})
	m.unmatched = f.CounterVec(metric.Opts{
		Name: "readback_unmatched_responses_total", Help: "Responses that answer no request, because of their sequence_number or their command, by who sent them.",
		Labels: []string{"from"}, Series: metric.Each(bothSides), Look: "it rises: the peer does not follow SMPP; the log has their commands",
	})
	m.panics = f.Counter(metric.Opts{
		Name: "readback_panics_total", Help: "Panics that ended a link, a bind of the gateway's own, or, in shared mode, the handling of a PDU of the SMSC's. The stack is in the log: please report it.",
		Detail: "[ADR 19](adr/0019-what-a-panic-ends.md).", Look: "it rises at all: the stack is in the log at ERROR",
	})
}

// addUp declares the metric that says whether the SMSC is there.
func addUp(reg prometheus.Registerer, up func() bool) {
	metric.With(reg).GaugeFunc(metric.Opts{
		Name: "readback_smsc_up", Help: "1 while the SMSC is there, as far as is known.",
		Detail: "In shared mode: while a bind of the gateway's own is up. In mirror mode: unless the SMSC did not take the last connection that an ESME needed.",
		Look:   "0",
	}, func() float64 {
		if up() {
			return 1
		}
		return 0
	})
}

// addMessages declares the metrics of messages and their numbers.
func (m *metrics) addMessages(f metric.Factory) {
	m.answer = f.Histogram(metric.Opts{
		Name: "readback_smsc_answer_seconds", Help: "Time from a numbered submit_sm to its submit_sm_resp.",
		Buckets: prometheus.ExponentialBuckets(100e-6, 2, 18),
	})
	added := f.HistogramVec(metric.Opts{
		Name: "readback_added_seconds", Help: "Time that a sample of the PDUs spent in the gateway, until written, by where they went.",
		Labels: []string{"to"}, Series: metric.Each(bothSides), Buckets: prometheus.ExponentialBuckets(10e-6, 2, 18),
	})
	toSMSC, toESME := added.WithLabelValues("smsc"), added.WithLabelValues("esme")
	m.addedToSMSC = func(d time.Duration) { toSMSC.Observe(d.Seconds()) }
	m.addedToESME = func(d time.Duration) { toESME.Observe(d.Seconds()) }
	m.submits = newSubmitCounters(f)
}

// addParts declares the metrics of messages that went on in parts.
func (m *metrics) addParts(f metric.Factory) {
	m.splits = f.CounterVec(metric.Opts{
		Name: "readback_splits_total", Help: "Messages that went on in parts for lack of room, by outcome: accepted, refused.",
		Labels: []string{"outcome"}, Series: metric.Each([]string{"accepted", "refused"}), Look: "`refused` rises",
	})
	m.repeated = f.Counter(metric.Opts{
		Name: "readback_parts_repeated_total", Help: "Requests for parts of messages that were sent again because the SMSC refused them for now.",
		Look: "it rises steadily: the SMSC takes less than the ESMEs send",
	})
	m.uncancelled = f.Counter(metric.Opts{
		Name: "readback_parts_not_cancelled_total", Help: "Accepted parts of refused messages that the SMSC did not cancel.",
		Detail: "A receiver may have half a message, and the whole later.", Look: "it rises",
	})
}
