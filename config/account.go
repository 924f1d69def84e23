package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"readback/internal/account"
	"readback/internal/numbering"
)

// Account holds the settings of one system_id. Load fills in the general settings where the
// account has none of its own.
type Account struct {
	PasswordHash Secret `key:"password_hash" form:"bcrypt" empty:"none" secret:"all" doc:"bcrypt hash of the password, as readback hash-password makes it; needed in shared mode, where the gateway checks it"`
	account.Limits
	Allow       []netip.Prefix         `key:"allow" example:"10.1.0.0/16" doc:"addresses and networks from which it may bind; empty allows all that listen.allow allows"`
	Certificate string                 `key:"certificate" empty:"none" doc:"certificate that an ESME must show to bind as the account, by its common name, a DNS name or e-mail address in it, or its SHA-256 fingerprint; needs listen.tls.client_ca; empty is any, or none"`
	Addresses   []account.AddressRange `key:"addresses" example:"447700900*, 1069000-1069099, Bank" doc:"shared mode: addresses whose MO messages go to the account: prefixes, ranges, numbers and names; each in one account only"`
	Senders     []account.AddressRange `key:"senders" example:"10690001, 447700900*, Bank" doc:"addresses that the account may send from: prefixes, ranges, numbers and names; any other source_addr gets ESME_RINVSRCADR; empty is all, also those of other accounts"`
	MayRead     []account.AddressRange `key:"may_read" example:"447700900*" doc:"receivers whose read responses the account may send as SME delivery acknowledgements (esm_class 08): prefixes, ranges, numbers and names; empty is none, and such messages go to the SMSC"`
	Track       numbering.Policy       `key:"track"`
	Feedback    AccountFeedback        `key:"feedback"`

	// Listed reports whether the operator listed the account. In shared mode other accounts
	// cannot bind.
	Listed bool
}

// checkAccounts refuses settings of an account that contradict each other, or those of
// another account.
func checkAccounts(l *loader) {
	for _, id := range l.systemIDs() {
		key, a := accountKey(id), l.cfg.Accounts[id]
		p := problem{"without a rate there is nothing to be over", key + ".rate"}
		l.refuseIf(a.Rate == 0 && a.Burst > 0, p, key+".burst", key+".rate")
		l.refuseIf(a.Rate == 0 && a.Reject, p, key+".over_rate", key+".rate")
		l.refuseIf(a.Certificate != "" && l.cfg.Listen.TLS.ClientCA == "",
			problem{"a certificate, and no authority to verify it", "listen.tls.client_ca: FILE, beside addr, cert and key"}, key+".certificate")
	}
	checkCase(l)
	checkRanges(l)
}

// checkCase refuses two accounts that are one for the SMSC.
func checkCase(l *loader) {
	if l.cfg.SMSC.SystemIDCase != "ignored" {
		return
	}
	before := make(map[string]string)
	for _, id := range l.systemIDs() {
		lower := strings.ToLower(id)
		other, taken := before[lower]
		l.refuseIf(taken, problem{"the same as " + other + ", as smsc.system_id_case is ignored", "one of both"}, accountKey(id))
		before[lower] = id
	}
}

// checkRanges refuses an address that two accounts have, since a message goes to one account.
func checkRanges(l *loader) {
	eachMeeting(l, "addresses", func(a Account) []account.AddressRange { return a.Addresses }, func(key string, m meeting) {
		l.refuseIf(true, problem{m.String(), "an address belongs to one account"}, key)
	})
}

// meeting is an address range of an account that meets one of another account.
type meeting struct {
	own, other account.AddressRange
	key        string // of the other one
}

func (m meeting) String() string { return fmt.Sprintf("%s meets %s of %s", m.own, m.other, m.key) }

// eachMeeting calls each for the ranges of an account that meet one of an account before it. ranges returns
// the value of the setting called name.
func eachMeeting(l *loader, name string, ranges func(Account) []account.AddressRange, each func(key string, m meeting)) {
	var before []meeting // of each, key and other
	for _, id := range l.systemIDs() {
		key := accountKey(id) + "." + name
		own := ranges(l.cfg.Accounts[id])
		for _, r := range own {
			i := slices.IndexFunc(before, func(b meeting) bool { return b.other.Overlaps(r) })
			if i >= 0 {
				each(key, meeting{r, before[i].other, before[i].key})
			}
		}
		for _, r := range own {
			before = append(before, meeting{key: key, other: r})
		}
	}
}

// warnSenders warns, in shared mode, of accounts that may send in one conversation. A handset shows their
// messages in one thread, and their numbers follow each other.
func warnSenders(l *loader) {
	var anySender []string
	for _, id := range l.systemIDs() {
		if len(l.cfg.Accounts[id].Senders) == 0 && !l.failed[accountKey(id)+".senders"] {
			anySender = append(anySender, accountKey(id))
		}
	}
	if len(anySender) > 0 && len(l.cfg.Accounts) > 1 {
		more := ""
		if n := len(anySender) - 1; n > 0 {
			more = fmt.Sprintf(" (here and in %d more)", n)
		}
		l.warnIf(true, "any sender is allowed"+more+", also those of other accounts: senders says which are the account's own", anySender[0])
	}
	eachMeeting(l, "senders", func(a Account) []account.AddressRange { return a.Senders }, func(key string, m meeting) {
		l.warnIf(true, m.String()+": both may send from it, in one conversation", key)
	})
}
