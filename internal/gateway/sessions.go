package gateway

import (
	"net"

	"readback/smpp"
)

// What a session returns with a response is what the gateway needs in order to pass that response
// on: the request of an ESME, or where a request of the SMSC came from.
type (
	smscSession = smpp.Session[*request]
	smscPending = smpp.Pending[*request]
	esmeSession = smpp.Session[origin]
	esmePending = smpp.Pending[origin]
)

// origin is where a request came from that the ESME has been sent. It is zero if the gateway made the
// request itself.
type origin struct {
	*smscSession
	receipt smpp.Frame // the delivery receipt that the ESME is to answer before it is noted; nil: none
}

// newESMESession makes the session of an ESME's connection, which is that of l.
func (g *Gateway) newESMESession(conn net.Conn, l *link) *esmeSession {
	return smpp.NewSession[origin](conn, smpp.Options{
		AnyRequest: g.pool == nil, // the SMSC decides
		Window:     g.opt.ESMEWindow, Response: g.opt.ResponseTimeout,
		Observe: g.metrics.addedToESME, WriteTimeout: g.opt.WriteTimeout,
		Timers: smpp.Timers{
			SessionInit: g.opt.SessionInit, EnquireLink: g.opt.ESMEEnquireLink,
			Answer: g.opt.ResponseTimeout, Inactivity: g.opt.Inactivity,
		},
		Tap: &g.tap, Owner: l,
	})
}

// newSMSCSession makes the session of a mirror link's connection to the SMSC.
func (g *Gateway) newSMSCSession(conn net.Conn, l *link) *smscSession {
	opt := g.smscOptions()
	opt.Owner = l
	opt.AnyRequest = true // the ESME decides
	return smpp.NewSession[*request](conn, opt)
}

// smscOptions returns the options of a session with the SMSC.
func (g *Gateway) smscOptions() smpp.Options {
	return smpp.Options{
		SMSC: true, Window: g.opt.Window, Response: g.opt.ResponseTimeout,
		Observe: g.metrics.addedToSMSC, WriteTimeout: g.opt.WriteTimeout,
		Timers: smpp.Timers{EnquireLink: g.opt.SMSCEnquireLink, Answer: g.opt.ResponseTimeout},
		Tap:    &g.tap,
	}
}
