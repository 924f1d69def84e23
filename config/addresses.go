package config

import (
	"fmt"
	"slices"

	"readback/internal/account"
)

// checkRanges wants each address in one account, since a message goes to one.
func (l *loader) checkRanges() {
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
