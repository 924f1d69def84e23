package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"readback/internal/account"
)

const (
	// maxAddress is 21 octets with the NUL (SMPP 3.4 §5.2.8).
	maxAddress = 20
	// minInternational is the least length at which a leading 00 is taken for the
	// international prefix: no short code is as long.
	minInternational = 10
)

// parseRange reads a prefix such as 447700900*, a range such as 1069000-1069099,
// a number or a name.
func parseRange(s string) (account.AddressRange, *problem) {
	if digits, ok := strings.CutSuffix(s, "*"); ok {
		return parseAddressPrefix(strings.TrimPrefix(digits, "+"))
	}
	low, high, isRange := strings.Cut(s, "-")
	if !isRange || !isNumber(low) || !isNumber(high) {
		low, high = s, s
	}
	low, high = normal(low), normal(high)
	switch p := checkAddress(low); {
	case p != nil:
		return account.AddressRange{}, p
	case len(low) != len(high):
		return account.AddressRange{}, &problem{"first and last differ in length", "1069000-1069099; or a prefix such as 10690*"}
	case low > high:
		return account.AddressRange{}, &problem{"the last comes before the first", "1069000-1069099"}
	}
	return account.AddressRange{Low: low, High: high}, nil
}

func parseAddressPrefix(digits string) (account.AddressRange, *problem) {
	switch {
	case !isDigits(digits):
		return account.AddressRange{}, &problem{"a prefix of something else than digits", "such as 447700900*"}
	case strings.HasPrefix(digits, "00"):
		return account.AddressRange{}, &problem{"a prefix with the 00 of international numbers, which they are compared without", "such as 447700900*"}
	case len(digits) > maxAddress:
		return account.AddressRange{}, &problem{fmt.Sprintf("a prefix of %d digits", len(digits)), fmt.Sprintf("at most %d", maxAddress)}
	}
	return account.AddressRange{Low: digits, High: digits, Prefix: true}, nil
}

// checkAddress wants a number, or a name of characters that an address can have.
func checkAddress(s string) *problem {
	switch {
	case len(s) > maxAddress:
		return &problem{fmt.Sprintf("an address of %d octets", len(s)), fmt.Sprintf("at most %d", maxAddress)}
	case isDigits(s):
		return nil
	case !strings.ContainsFunc(s, unicode.IsLetter) || strings.ContainsFunc(s, notInName):
		return &problem{"not an address", "digits, 447700900*, 1069000-1069099, or a name such as Bank"}
	}
	return nil
}

func notInName(r rune) bool { return r < ' ' || r > '~' || r == '*' }

// normal brings an address into the form in which it is compared.
func normal(s string) string {
	digits, plus := strings.CutPrefix(s, "+")
	switch {
	case plus && isDigits(digits):
		return digits
	case isDigits(s) && len(s) >= minInternational && strings.HasPrefix(s, "00"):
		return s[2:]
	}
	return strings.ToLower(s)
}

func isNumber(s string) bool { return isDigits(strings.TrimPrefix(s, "+")) }

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

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
