package config

import (
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
	"readback/relay/access"
)

// readAPIKeys reads the list of keys.
func readAPIKeys(l *loader) {
	l.cfg.Relay.APIKeys = items[access.APIKey]{
		key: "reads.api_keys", example: "{name: app, sha256: …}", needs: []string{"name", "sha256"},
		take: takeKey, name: func(k *access.APIKey) string { return k.Name },
		check: func(k *access.APIKey) *problem { return checkGrant(&k.Grant) },
	}.read(l)
}

// readCertificates reads what backends may do by their certificates.
func readCertificates(l *loader) {
	l.cfg.Relay.Certificates = items[access.Backend]{
		key: "reads.certificates", example: "{name: app.example, scopes: [report]}", needs: []string{"name"},
		take: takeBackend, name: func(b *access.Backend) string { return b.Name },
		check: func(b *access.Backend) *problem { return checkGrant(&b.Grant) },
	}.read(l)
}

// maxKeyRate is more than one gateway can handle.
const maxKeyRate = 10_000_000

// takeKey reads one value of a key.
func takeKey(k *access.APIKey, name string, v *yaml.Node) *problem {
	switch name {
	case "name":
		return takeText(&k.Name, v, "a name for the log")
	case "sha256":
		return takeSum(&k.SHA256, v, "KEY")
	case "rate":
		n, err := strconv.Atoi(v.Value)
		if err != nil || v.ShortTag() != "!!int" || n < 1 || n > maxKeyRate {
			return &problem{"not a rate", fmt.Sprintf("reads a minute, 1 to %d; left out it is no limit", maxKeyRate)}
		}
		k.Rate = n
		return nil
	case "scopes", "accounts":
		return takeGrant(&k.Grant, name, v)
	}
	return &problem{"unknown key", "the keys here are name, sha256, rate, scopes, accounts"}
}

// takeBackend reads one value of a backend's certificate.
func takeBackend(b *access.Backend, name string, v *yaml.Node) *problem {
	switch name {
	case "name":
		return takeText(&b.Name, v, "the common name or a DNS name in the certificate")
	case "scopes", "accounts":
		return takeGrant(&b.Grant, name, v)
	}
	return &problem{"unknown key", "the keys here are name, scopes, accounts"}
}

// takeGrant reads one value of what a backend may do.
func takeGrant(g *access.Grant, name string, v *yaml.Node) *problem {
	if name == "accounts" {
		return takeWords(v, "a list of system_ids, digits in quotes", func(word string) *problem {
			g.Accounts = append(g.Accounts, word)
			return (*problem)(setting.CheckSystemID(word))
		})
	}
	const hint = "a list of report, lookup, erase"
	return takeWords(v, hint, func(word string) *problem {
		s, err := access.ParseScope(word)
		g.Scopes |= s
		if err != nil {
			return &problem{"unknown scope", hint}
		}
		return nil
	})
}

func checkGrant(g *access.Grant) *problem {
	if err := g.Validate(); err != nil {
		return &problem{err.Error(), "a key without accounts for that"}
	}
	return nil
}

// warnGrants warns of backends that may do everything because nobody said what they may do.
func warnGrants(l *loader) {
	const all = "may report reads, look up conversations, opt out and erase for all accounts: name scopes (report, lookup, erase), since a release after November 2027 will take report alone where there are none"
	rules := l.cfg.Relay.Rules
	for _, k := range rules.APIKeys {
		l.warnIf(slices.Contains(rules.Auth, access.AuthAPIKey) && k.IsAll(), k.Name+" "+all, "reads.api_keys", "reads.auth")
	}
	mtls := slices.Contains(rules.Auth, access.AuthMTLS)
	l.warnIf(mtls && len(rules.Certificates) == 0, "every backend with a certificate "+all+", in reads.certificates", "reads.auth")
	for _, b := range rules.Certificates {
		l.warnIf(mtls && b.IsAll(), b.Name+" "+all, "reads.certificates")
	}
	l.warnIf(!mtls && len(rules.Certificates) > 0, "not used: reads.auth does not ask for mtls", "reads.certificates", "reads.auth")
}

// warnUnlisted warns, in shared mode, of backends for accounts that are not listed: nobody can bind as one of these.
func warnUnlisted(l *loader) {
	warn := func(key, name string, accounts []string) {
		for _, id := range accounts {
			_, isListed := l.cfg.Accounts[id]
			l.warnIf(!isListed && !l.failed[accountKey(id)], fmt.Sprintf("%s is for account %q, which accounts does not list: nobody can bind as it", name, id), key)
		}
	}
	for _, k := range l.cfg.Relay.APIKeys {
		warn("reads.api_keys", k.Name, k.Accounts)
	}
	for _, b := range l.cfg.Relay.Certificates {
		warn("reads.certificates", b.Name, b.Accounts)
	}
}
