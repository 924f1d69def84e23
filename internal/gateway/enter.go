package gateway

import (
	"errors"
	"net"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
)

// enter admits a bind if the account's limits and allow list do, and counts it until exit. Otherwise
// it returns the status to refuse the bind with.
func (l *link) enter(b bind) pdu.Status {
	l.exit() // of a bind before this one, which the SMSC refused
	account := l.g.policies.of(b.account)
	if account.Allow != nil && !account.Allow(l.remote) {
		l.refusedBind(b, "address is not in the account's allow list")
		return smpp.StatusBindFailed
	}
	u, ok := l.g.usages.Enter(message.Shown(b.account), account.Limits)
	if !ok {
		l.refusedBind(b, "max_sessions of the account is reached")
		return smpp.StatusAlreadyBound
	}
	l.usage = u
	return smpp.StatusOK
}

// exit takes the link out of its account.
func (l *link) exit() {
	if l.usage == nil {
		return
	}
	l.g.usages.Leave(l.usage)
	l.usage = nil
}

// refusedBind notes why a bind was refused.
func (l *link) refusedBind(b bind, reason string) {
	l.g.metrics.bindsRefused.WithLabelValues(reason).Inc()
	l.log.Load().Warn("bind refused", "account", b.account, "reason", reason)
}

// logBound notes that the ESME is bound; from here on the log names the account.
func (l *link) logBound() {
	log := l.g.opt.Logger.With("remote", l.remote.String(), "account", l.bind.account)
	log.Info("bound", "as", smpp.Command(l.bind.id))
	l.log.Store(log)
}

// esmeIP is the address of the ESME without its port.
func (l *link) esmeIP() string {
	host, _, err := net.SplitHostPort(l.remote.String())
	if err != nil {
		return l.remote.String()
	}
	return host
}

// errOutbind ends a session whose peer asks the gateway to bind to it.
var errOutbind = errors.New("outbind is not accepted")

// refuseOutbind logs that the peer asks the gateway to bind to it (SMPP 3.4 §4.1.7), and ends the
// session: the SMSC's address is in the settings.
func (l *link) refuseOutbind() error {
	l.g.metrics.bindsRefused.WithLabelValues("outbind").Inc()
	l.log.Load().Warn("outbind refused", "reason", "the gateway binds to the configured SMSC only")
	return errOutbind
}
