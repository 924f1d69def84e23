package config

import (
	"net"
	"reflect"
)

// checkAll refuses settings that contradict each other.
func checkAll(l *loader) {
	checkListen(l)
	checkSMSC(l)
	checkAddresses(l)
	checkTrack(l)
	checkAccounts(l)
	checkReads(l)
	checkClients(l)
	checkRelay(l)
	checkUsers(l)
	checkOps(l)
	checkFeedback(l)
}

// refuseIf adds an error if the condition holds. The error names the first of the keys that
// was given. There is none if the value of one of the keys is wrong in itself, since the
// condition means nothing then.
func (l *loader) refuseIf(condition bool, p problem, keys ...string) {
	if !condition || l.anyFailed(keys) {
		return
	}
	if len(l.pending) > 0 {
		p = l.withPending(p, keys)
	}
	key, g := l.firstGiven(keys)
	l.errs = append(l.errs, &Error{
		File: g.at.file, Line: g.at.line, Key: key, Value: g.text, Problem: p.What, Hint: p.Hint,
	})
}

// refuseAny adds an error about the first of the keys that is not empty.
func (l *loader) refuseAny(p problem, keys ...string) {
	for _, k := range keys {
		if !reflect.ValueOf(l.cfg).FieldByIndex(fieldsByKey[k].Index).IsZero() {
			l.refuseIf(true, p, k)
			return
		}
	}
}

func (l *loader) firstGiven(keys []string) (string, given) {
	for _, k := range keys {
		if g, ok := l.origin(k); ok {
			return k, g
		}
	}
	return keys[0], given{}
}

// checkAddresses refuses an address that is used twice, and an SMSC that is the gateway
// itself.
func checkAddresses(l *loader) {
	own := []struct{ key, addr string }{
		{"listen.addr", l.cfg.Listen.Addr},
		{"listen.tls.addr", l.cfg.Listen.TLS.Addr},
		{"reads.addr", l.cfg.Reads.Addr},
		{"reads.mqtt.addr", l.cfg.Reads.MQTT.Addr},
		{"reads.websocket.addr", l.cfg.Reads.WebSocket.Addr},
		{"ops.addr", l.cfg.Ops.Addr},
		{"ops.metrics_addr", l.cfg.Ops.MetricsAddr},
		{"relay.listen", l.cfg.Relay.Listen},
	}
	for i, a := range own {
		for _, b := range own[i+1:] {
			l.refuseIf(overlap(a.addr, b.addr), problem{"the same address as " + a.key + ", " + a.addr, "another port"}, b.key, a.key)
		}
	}
	key := "smsc.addr"
	if s := l.cfg.SMSC; s.Mode == shared && len(s.Addrs) > 0 {
		key = "smsc.addrs"
	}
	for _, target := range l.cfg.SMSC.Targets() {
		for _, ln := range own[:2] {
			l.refuseIf(reaches(target, ln.addr), problem{"the gateway would bind to itself", key + " is where the SMSC listens"}, key, ln.key)
		}
	}
}

// isLoopback reports whether only this machine reaches the address.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// overlap reports whether two listeners conflict: they have the same port, and the same host
// or all hosts.
func overlap(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	if isEverywhere(a) || isEverywhere(b) || hostA == hostB {
		return true
	}
	named := hostA == "localhost" || hostB == "localhost" // it may be 127.0.0.1, ::1 or both
	return named && isLoopback(a) && isLoopback(b)
}

// reaches reports whether a connection to addr certainly arrives at the listener. For a
// remote host or a name it cannot be known.
func reaches(addr, listener string) bool {
	return overlap(addr, listener) && (isLoopback(addr) || isEverywhere(addr) || !isEverywhere(listener))
}

// isEverywhere reports whether an address stands for all addresses of this machine.
func isEverywhere(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "" || ip != nil && ip.IsUnspecified())
}
