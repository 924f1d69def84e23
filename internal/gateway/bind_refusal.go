package gateway

import (
	"errors"

	"readback/internal/account"
	"readback/internal/pool"
)

// Why the gateway refuses a bind, beside what its parts say.
var (
	errNotAllowed       = errors.New("address is not in the account's allow list")
	errOtherCertificate = errors.New("the account's certificate was not shown")
	errFull             = errors.New("max_sessions of the account is reached")
	errGuesses          = errors.New("too many binds from the address were wrong")
	errNoAccount        = errors.New("no such account")
	errOutbind          = errors.New("outbind is not accepted")
	errBySMSC           = errors.New("the SMSC has refused it")
)

// bindRefusals are the words for these reasons in the metric.
var bindRefusals = []struct {
	reason error
	word   string
}{
	{errNotAllowed, "not_allowed"},
	{errOtherCertificate, "certificate"},
	{errFull, "max_sessions"},
	{errGuesses, "guesses"},
	{errNoAccount, "unknown_account"},
	{account.ErrWrong, "wrong_password"},
	{account.ErrBusy, "busy"},
	{account.ErrLeft, "left"},
	{pool.ErrDown, "smsc_down"},
	{errOutbind, "outbind"},
	{errBySMSC, "smsc"},
}

// bindRefusalWords are all of them.
func bindRefusalWords() (words []string) {
	for _, r := range bindRefusals {
		words = append(words, r.word)
	}
	return words
}

// countRefusedBind counts a bind that was refused for a reason of bindRefusals.
func (m *metrics) countRefusedBind(reason error) {
	for _, r := range bindRefusals {
		if errors.Is(reason, r.reason) {
			m.bindsRefused.WithLabelValues(r.word).Inc()
		}
	}
}

// refusedBind notes why the gateway has refused a bind.
func (l *link) refusedBind(b bind, reason error) {
	l.g.metrics.countRefusedBind(reason)
	l.g.lines.Warn(l.log.Load(), "bind refused", reason.Error(), "account", b.account)
}

// refuseOutbind logs that the peer asks the gateway to bind to it (SMPP 3.4 §4.1.7), and ends the
// session: the SMSC's address is in the settings.
func (l *link) refuseOutbind() error {
	l.g.metrics.countRefusedBind(errOutbind)
	l.g.lines.Warn(l.log.Load(), "outbind refused", "the gateway binds to the configured SMSC only")
	return errOutbind
}
