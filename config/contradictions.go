package config

import (
	"net"
	"reflect"
)

const (
	embedded = "embedded"
	marked   = 999 // the highest number in three digits
	// fewest is twice the numbers of a conversation that may be out and not yet
	// in the log; with fewer a number could be given twice.
	fewest = 16
)

// contradictions holds the settings against each other.
func (l *loader) contradictions() {
	l.checkListen()
	l.checkSMSC()
	l.checkAddresses()
	l.checkTrack()
	l.checkAccounts()
	l.checkReads()
	l.checkClients()
	l.checkRelay()
	l.checkFeedback()
}

// refuseIf keeps an error where the condition holds. It is told at the first of
// the keys that was given at all, and not at all if one of them is wrong in
// itself, since the condition says nothing then.
func (l *loader) refuseIf(condition bool, p problem, keys ...string) {
	if !condition || l.anyFailed(keys) {
		return
	}
	key, g := l.firstGiven(keys)
	l.errs = append(l.errs, &Error{
		File: g.at.file, Line: g.at.line, Key: key, Value: g.text, Problem: p.What, Hint: p.Hint,
	})
}

// refuseAny keeps an error about the first of the keys that holds something.
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

// checkAddresses wants each address once, and no way round into ourselves.
func (l *loader) checkAddresses() {
	own := []struct{ key, addr string }{
		{"listen.addr", l.cfg.Listen.Addr},
		{"listen.tls.addr", l.cfg.Listen.TLS.Addr},
		{"reads.addr", l.cfg.Reads.Addr},
		{"reads.mqtt.addr", l.cfg.Reads.MQTT.Addr},
		{"reads.websocket.addr", l.cfg.Reads.WebSocket.Addr},
		{"ops.addr", l.cfg.Ops.Addr},
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

func (l *loader) checkTrack() {
	t, first, last := l.cfg.Track, int(l.cfg.Relay.First), int(l.cfg.Relay.Last)
	l.refuseIf(t.IEI >= 0xC0 && t.IEI <= 0xDF, problem{"used by the SC itself", "80 to 9F is reserved for use between SMEs"}, "track.iei")
	l.refuseIf(t.Proof && len(t.ProofKeys) == 0, problem{"no key to make proofs with", "track.proof_keys: [FILE]"}, "track.proof", "track.proof_keys")
	l.refuseIf(l.cfg.Reads.SMS && l.cfg.Gateway.ReadIEI == t.IEI, problem{"track.iei and reads.sms_iei are the same", "such as 0x80 and 0x81"}, "reads.sms_iei", "track.iei")
	l.refuseIf(last-first+1 < fewest,
		problem{"fewer than 16 numbers from first to last", "such as first: 1, last: 257"},
		"track.numbers.last", "track.numbers.first", "track.carriage")
	three := problem{"does not fit the three digits of the marker", "last: 999 at most, or carriage: udh"}
	l.refuseIf(t.Carriage != "udh" && last > marked, three, "track.numbers.last", "track.carriage")
	for _, id := range l.systemIDs() {
		key := accountKey(id) + ".track.carriage"
		l.refuseIf(t.Carriage == "udh" && l.cfg.Accounts[id].Track.Carriage != "udh" && last > marked,
			problem{"track.numbers.last does not fit the three digits of the marker", three.Hint}, key, "track.numbers.last")
	}
}

func (l *loader) checkRelay() {
	r := l.cfg.Relay
	if r.NATS == embedded {
		l.refuseIf(r.Replicas > 1, problem{"the embedded server is one, and keeps one copy", "replicas: 1, or nats: nats://host:4222"}, "relay.replicas", "relay.nats")
		l.refuseIf(r.Creds != "", problem{"the embedded server takes no credentials", "leave it out"}, "relay.creds", "relay.nats")
		l.refuseIf(r.NKey != "", problem{"the embedded server takes no credentials", "leave it out"}, "relay.nkey", "relay.nats")
		l.refuseIf(r.Listen != "" && !isLoopback(r.Listen), problem{"the embedded server asks nobody who they are", "an address such as 127.0.0.1:4222"}, "relay.listen")
		return
	}
	l.refuseIf(r.Listen != "", problem{"only the embedded server listens", "leave it out, or nats: embedded"}, "relay.listen", "relay.nats")
	l.refuseIf(r.Creds != "" && r.NKey != "", problem{"creds and nkey both", "one of them"}, "relay.nkey", "relay.creds")
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

// overlap reports whether two listeners would meet: one port, and one host or all.
func overlap(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	if isEverywhere(a) || isEverywhere(b) || hostA == hostB {
		return true
	}
	named := hostA == "localhost" || hostB == "localhost" // 127.0.0.1, or ::1, or both
	return named && isLoopback(a) && isLoopback(b)
}

// reaches reports whether a connection to addr surely arrives at the listener. Where
// addr is a remote host, or a name, nothing is known.
func reaches(addr, listener string) bool {
	return overlap(addr, listener) && (isLoopback(addr) || isEverywhere(addr) || !isEverywhere(listener))
}

// isEverywhere reports whether an address stands for all of this machine.
func isEverywhere(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "" || ip != nil && ip.IsUnspecified())
}
