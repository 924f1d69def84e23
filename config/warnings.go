package config

import (
	"fmt"
	"maps"
	"slices"
)

// warnings notes what is allowed and seldom meant.
func (l *loader) warnings() {
	t, r := l.cfg.Track, l.cfg.Reads
	l.warnIf(t.IEI >= 0xA0 && (t.IEI <= 0xBF || t.IEI >= 0xE0),
		fmt.Sprintf("0x%02X is not among the identifiers for use between SMEs, 80 to 9F: some SMSCs drop or change it", t.IEI), "track.iei")
	l.warnIf(slices.Contains(r.Auth, "none") && len(r.Auth) > 1, "none lets everyone in, whatever else is asked for", "reads.auth")
	l.warnIf(!slices.Contains(r.Auth, "api_key") && len(r.APIKeys) > 0, "not used: reads.auth does not ask for api_key", "reads.api_keys", "reads.auth")
	l.warnIf(l.cfg.Ops.Addr != "" && !isLoopback(l.cfg.Ops.Addr),
		"metrics and profiles for anyone who reaches the address: they ask nobody who they are", "ops.addr")
	l.warnAccount("", l.cfg.general())
	for _, id := range l.systemIDs() {
		l.warnAccount(accountKey(id)+".", l.cfg.Accounts[id])
	}
}

// warnAccount looks at the settings of one account, or of all others, at the
// keys that it was given itself.
func (l *loader) warnAccount(prefix string, a Account) {
	all := a.Track.When == "all"
	l.warnIf(all && a.Feedback.Form == "off", "every message gets a number, and no ESME hears that it was read",
		prefix+"feedback.form", prefix+"track.when")
	l.warnIf(all && a.Track.Overflow == "reject", "messages without room are refused though nobody asked for a read acknowledgement",
		prefix+"track.overflow", prefix+"track.when")
	l.warnIf(all && a.Track.OnFailure == "reject", "while the ledger is away every message is refused, asked for or not",
		prefix+"track.on_failure", prefix+"track.when")
}

// warnIf adds a warning at the first of the keys that was given; if none was,
// the operator did not choose it here, and is told elsewhere.
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

// systemIDs lists the accounts in order, so that messages come in one.
func (l *loader) systemIDs() []string { return slices.Sorted(maps.Keys(l.cfg.Accounts)) }
