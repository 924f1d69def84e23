package config

import (
	"fmt"
	"net/netip"
	"slices"

	"readback/internal/account"
	"readback/internal/numbering"
)

// Account holds the settings of one system_id. Load fills in the general settings where the
// account has none of its own.
type Account struct {
	PasswordHash Secret `key:"password_hash" form:"bcrypt" empty:"none" secret:"all" doc:"bcrypt hash of the password, as readback hash-password makes it; needed in shared mode, where the gateway checks it"`
	account.Limits
	Allow     []netip.Prefix         `key:"allow" example:"10.1.0.0/16" doc:"addresses and networks from which it may bind; empty allows all that listen.allow allows"`
	Addresses []account.AddressRange `key:"addresses" example:"447700900*, 1069000-1069099, Bank" doc:"shared mode: addresses whose MO messages go to the account: prefixes, ranges, numbers and names; each in one account only"`
	MayRead   []account.AddressRange `key:"may_read" example:"447700900*" doc:"receivers whose read responses the account may send as SME delivery acknowledgements (esm_class 08): prefixes, ranges, numbers and names; empty is none, and such messages go to the SMSC"`
	Track     numbering.Policy       `key:"track"`
	Feedback  AccountFeedback        `key:"feedback"`

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
	}
	checkRanges(l)
}

// checkRanges refuses an address that two accounts have, since a message goes to one account.
func checkRanges(l *loader) {
	type taken struct {
		key string
		by  account.AddressRange
	}
	var before []taken
	for _, id := range l.systemIDs() {
		key := accountKey(id) + ".addresses"
		own := l.cfg.Accounts[id].Addresses
		for _, r := range own {
			i := slices.IndexFunc(before, func(t taken) bool { return t.by.Overlaps(r) })
			if i >= 0 {
				l.refuseIf(true, problem{fmt.Sprintf("%s meets %s of %s", r, before[i].by, before[i].key), "an address belongs to one account"}, key)
			}
		}
		for _, r := range own {
			before = append(before, taken{key, r})
		}
	}
}
