package gateway

import (
	"bytes"
	"net"
	"net/netip"

	"readback/internal/trace"
	"readback/smpp"
)

// newTraces makes the traces of the gateway's PDUs. The tap is open only while one runs.
func (g *Gateway) newTraces() *trace.Traces {
	return trace.NewTraces(trace.Options{IDs: g.opt.IDs, Default: g.opt.Form.Default, Watch: func(on bool) {
		if on {
			g.tap.Set(g.tapped)
			return
		}
		g.tap.Set(nil)
	}})
}

// Trace begins to show PDUs, until the Stop of what it returns.
func (g *Gateway) Trace(f trace.Filter) (*trace.Trace, error) { return g.traces.Start(f) }

// tapped shows a frame to those who look. It never waits.
func (g *Gateway) tapped(t *smpp.Tapped) {
	_, isESME := t.Session.(*esmeSession)
	e := &trace.Event{
		Time: t.Time, Session: t.Session, IsSMSC: !isESME, Sent: t.Sent, Local: addrPort(t.Conn.LocalAddr()), Remote: addrPort(t.Conn.RemoteAddr()),
		Frame: bytes.Clone(t.Frame),
	}
	l, _ := t.Owner.(*link)
	switch ref := t.Ref.(type) {
	case *request:
		l = ref.link // on a session of the pool
	case origin:
		if ref.smscSession != nil {
			e.From, e.Was = ref.smscSession, t.Was
		}
	}
	if l != nil {
		e.ID = l.id
		if isClosed(l.bound) { // else the bind may be written at the moment
			e.Account = l.bind.account
		}
	}
	g.traces.See(e)
}

// addrPort returns an address of TCP; zero if it is another.
func addrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		ap := tcp.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}
