// Package permit decides which requests of ESMEs may go to the SMSC: in shared mode by their command, and in
// both modes by the sender that they name.
package permit

import (
	"log/slog"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"readback/internal/metric"
	"readback/smpp"
)

// Gate decides what passes, and counts what does not.
type Gate struct {
	shared   bool
	commands []pdu.ID // that pass in shared mode
	refused  *prometheus.CounterVec
	lines    rate.Sometimes
}

// Options are the options of a Gate.
type Options struct {
	Shared     bool      // the SMSC knows the gateway only, not its accounts
	Pass       []Command // further commands that pass in shared mode
	Registerer prometheus.Registerer
}

// gateLogs is the time between two log lines about requests that do not pass.
const gateLogs = time.Second

// NewGate returns a Gate.
func NewGate(opt Options) *Gate {
	g := &Gate{shared: opt.Shared, commands: listed, lines: rate.Sometimes{First: 1, Interval: gateLogs}}
	for _, c := range opt.Pass {
		g.commands = append(g.commands[:len(g.commands):len(g.commands)], pdu.ID(c))
	}
	g.refused = metric.With(opt.Registerer).CounterVec(metric.Opts{
		Name: "readback_requests_refused_total", Help: "Requests of ESMEs that may not go to the SMSC, by reason: account, command, sender.",
		Labels: []string{"reason"}, Series: metric.Each([]string{"account", "command", "sender"}), Detail: "`account`: shared mode, and the configuration does not list the account any more. `command`: shared mode does not pass it (`smsc.pass`). `sender`: the source_addr is none of `accounts.NAME.senders`. The log has the account.", Look: "it rises",
	})
	return g
}

// Command reports whether requests with a command_id pass.
func (g *Gate) Command(log *slog.Logger, id pdu.ID) bool {
	if !g.shared || has(g.commands, id) {
		return true
	}
	g.refuse(log, id, "command", "shared mode does not pass this command: smsc.pass")
	return false
}

// Bar counts and logs f, a request of an account that may send nothing: it is bound, and not listed any more.
func (g *Gate) Bar(log *slog.Logger, f smpp.Frame) {
	g.refuse(log, f.ID(), "account", "the account is not listed any more", "sequence", f.Seq())
}

// refuse counts and logs a request that does not pass. attrs are what else the line says.
func (g *Gate) refuse(log *slog.Logger, id pdu.ID, label, reason string, attrs ...any) {
	g.refused.WithLabelValues(label).Inc()
	g.lines.Do(func() {
		log.Warn("refused", append([]any{"command", smpp.Command(id), "command_id", uint32(id), "reason", reason}, attrs...)...)
	})
}
