package config

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"

	"readback/internal/numbering"
	"readback/internal/setting"
)

// warnAll adds warnings of settings that are allowed and probably unintended.
func warnAll(l *loader) {
	if l.cfg.empty != "" {
		l.cfg.Warnings = append(l.cfg.Warnings, l.cfg.empty+": no setting in the file: what no variable or flag sets has its default")
	}
	t := l.cfg.Track
	l.warnIf(t.IEI >= 0xA0 && (t.IEI <= 0xBF || t.IEI >= 0xE0),
		fmt.Sprintf("0x%02X is not among the identifiers for use between SMEs, 80 to 9F: some SMSCs drop or change it", t.IEI), "track.iei")
	warnReads(l)
	warnGrants(l)
	warnOps(l)
	warnOTLP(l)
	warnUsers(l)
	l.warnIf(t.Proof && t.Carriage == numbering.ByMarker, "a marker carries no proof: only elements do", "track.proof", "track.carriage")
	warnListen(l)
	warnPorts(l)
	warnDirectories(l)
	warnClients(l)
	l.warnIf(len(l.cfg.SMSC.Password) > maxPassword,
		fmt.Sprintf("the password is longer than the %d octets of SMPP: some SMSCs refuse the bind", maxPassword), "smsc.password_file")
	warnMode(l)
	warnAccount(l, "", l.cfg.general())
	for _, id := range l.systemIDs() {
		warnAccount(l, accountKey(id)+".", l.cfg.Accounts[id])
	}
}

// warnListen warns of a listener that the operator may have forgotten.
func warnListen(l *loader) {
	n := l.cfg.Listen
	if _, chosen := l.origin("listen.addr"); !chosen && n.TLS.Addr != "" {
		l.warnIf(true, "ESMEs can bind without TLS too, on "+n.Addr+": listen.addr: \"\" ends that", "listen.tls.addr")
	}
	l.warnIf(len(n.ProxyFrom) > 0 && !n.ProxyProtocol, "not used: listen.proxy_protocol is not set", "listen.proxy_from")
	everyone := slices.ContainsFunc(n.ProxyFrom, func(p netip.Prefix) bool { return p.Bits() < narrowest(p.Addr()) })
	l.warnIf(everyone && n.ProxyProtocol, "so many may claim to be any address: listen.allow and the limits of addresses mean nothing to them; list the load balancers",
		"listen.proxy_from")
}

// warnPorts warns of addresses with port 0.
func warnPorts(l *loader) {
	for _, f := range fields {
		addr, isText := reflect.ValueOf(l.cfg).FieldByIndex(f.Index).Interface().(string)
		if f.Tag.Get("form") == "bind" && isText {
			l.warnIf(strings.HasSuffix(addr, ":0"), "port 0 is another free port at each start, which only the log tells", f.Key)
		}
	}
}

// warnDirectories warns of files in the place of directories. The gateway serves ESMEs nevertheless.
func warnDirectories(l *loader) {
	isFile := func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && !info.IsDir()
	}
	l.warnIf(isFile(l.cfg.Relay.Store), "a file, not a directory: messages pass without a number, and no read is taken", "relay.store")
	l.warnIf(l.cfg.Relay.CDR.Dir != "" && isFile(l.cfg.Relay.CDR.Dir), "a file, not a directory: no call detail records are written", "cdr.dir")
}

// narrowest is how many bits a network has at least that may be one of load balancers.
func narrowest(ip netip.Addr) int {
	if ip.Is4() {
		return 8
	}
	return 16
}

// warnMode warns of settings that only shared mode uses, and, in shared mode, of accounts that meet or are not listed.
func warnMode(l *loader) {
	if l.failed["smsc.mode"] {
		return
	}
	if l.cfg.SMSC.Mode != mirror {
		warnSenders(l)
		warnUnlisted(l)
		return
	}
	const unused = "not used in mirror mode: the ESME binds to the SMSC as itself"
	s := l.cfg.SMSC
	l.warnIf(s.SystemID != "", unused, "smsc.system_id")
	l.warnIf(s.PasswordFile != "", unused, "smsc.password_file")
	l.warnIf(s.SystemType != "", unused, "smsc.system_type")
	l.warnIf(s.Binds != Default().SMSC.Binds, unused, "smsc.binds")
	l.warnIf(len(l.cfg.Gateway.Pass) > 0, "not used in mirror mode: the SMSC decides which commands pass", "smsc.pass")
	for _, id := range l.systemIDs() {
		key, a := accountKey(id), l.cfg.Accounts[id]
		l.warnIf(a.PasswordHash != "", "not used in mirror mode: the SMSC checks the password", key+".password_hash")
		l.warnIf(len(a.Addresses) > 0, "not used in mirror mode: the SMSC knows where MO messages go", key+".addresses")
	}
}

// warnAccount warns of the settings of one account, or of the general ones if prefix is
// empty. It names the keys that the account was given.
func warnAccount(l *loader, prefix string, a Account) {
	all := a.Track.When == numbering.All
	warnFeedback(l, prefix, a.Feedback)
	l.warnIf(all && a.Feedback.Form == "off", "every message gets a number, and no ESME hears that it was read",
		prefix+"feedback.form", prefix+"track.when")
	l.warnIf(all && a.Track.Overflow == numbering.RejectNoRoom, "messages without room are refused though nobody asked for a read acknowledgement",
		prefix+"track.overflow", prefix+"track.when")
	l.warnIf(all && a.Track.RejectOnFailure, "while the ledger is away every message is refused, asked for or not",
		prefix+"track.on_failure", prefix+"track.when")
}

// warnIf adds a warning at the first of the keys that was given. If none was given, the
// operator did not choose the value here, and another warning names it.
func (l *loader) warnIf(condition bool, text string, keys ...string) {
	if !condition || l.anyFailed(keys) {
		return
	}
	key, g := l.firstGiven(keys)
	if g.at == (place{}) {
		return
	}
	l.cfg.Warnings = append(l.cfg.Warnings, g.at.String()+key+": "+text)
}

// firstOf returns the first warnings, and one for all the others: each account may have its own.
func firstOf(warnings []string) []string {
	if more := len(warnings) - setting.MaxErrors; more > 0 {
		return append(warnings[:setting.MaxErrors:setting.MaxErrors], fmt.Sprintf("and %d more", more))
	}
	return warnings
}

// systemIDs returns the accounts in order, so that messages are in order, too.
func (l *loader) systemIDs() []string { return systemIDs(l.cfg) }

// systemIDs returns the accounts that the configurations list, in order.
func systemIDs(all ...Config) []string {
	ids := make(map[string]bool)
	for _, c := range all {
		for id := range c.Accounts {
			ids[id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}
