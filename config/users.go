package config

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"readback/relay/broker"
)

// ListenerTLS is TLS on a listener whose clients present no certificate: none without Cert.
type ListenerTLS struct {
	Cert string `key:"cert" form:"file" empty:"none" doc:"PEM file of the listener's certificate and its chain; empty is no TLS"`
	Key  string `key:"key" form:"file" empty:"none" secret:"file" doc:"PEM file of the certificate's key"`
}

// readUsers reads who may use relay.listen.
func readUsers(l *loader) {
	l.cfg.Relay.Users = items[broker.User]{
		key: "relay.users", example: "{name: app, sha256: …}", needs: []string{"name"},
		take: takeUser, name: func(u *broker.User) string { return u.Name },
		check: func(u *broker.User) *problem {
			if (u.SHA256 == "") == (u.NKey == "") {
				return &problem{"not one of a password and an NKey", "sha256: …, or nkey: U…"}
			}
			return nil
		},
	}.read(l)
}

// takeUser reads one value of a user.
func takeUser(u *broker.User, name string, v *yaml.Node) *problem {
	switch name {
	case "name":
		return takeText(&u.Name, v, "the name that the client presents")
	case "sha256":
		return takeSum(&u.SHA256, v, "PASSWORD")
	case "nkey":
		if v.Kind != yaml.ScalarNode || !broker.IsNKey(v.Value) {
			return &problem{"not the public key of a user", "U…, as nk -gen user -pubout prints it"}
		}
		u.NKey = v.Value
		return nil
	case "full":
		if v.Kind != yaml.ScalarNode || v.Decode(&u.Full) != nil {
			return &problem{"found " + kindOfNode(v), "true or false"}
		}
		return nil
	}
	return &problem{"unknown key", "the keys here are name, sha256, nkey, full"}
}

// checkUsers refuses TLS settings of relay.listen that are not complete.
func checkUsers(l *loader) {
	t := l.cfg.UsersTLS
	l.refuseIf((t.Cert == "") != (t.Key == ""), problem{"a certificate without its key, or a key without its certificate", "both of them"},
		"relay.listen_tls.cert", "relay.listen_tls.key")
}

// warnUsers warns of a listener that is open to everybody, or less useful than it seems.
func warnUsers(l *loader) {
	r := l.cfg.Relay
	l.warnIf(isLoopback(r.Listen) && len(r.Users) == 0,
		"every process of this machine can report reads and purge the ledger: relay.users says who may", "relay.listen", "relay.users")
	l.warnIf(r.Listen != "" && len(r.Users) > 0 && !isLoopback(r.Listen) && l.cfg.UsersTLS.Cert == "",
		"passwords and subscribers' numbers pass in the clear: see relay.listen_tls", "relay.listen")
	l.warnIf(r.Listen == "" && len(r.Users) > 0, "not used: relay.listen is off", "relay.users")
	l.warnIf(r.Listen == "" && l.cfg.UsersTLS.Cert != "", "not used: relay.listen is off", "relay.listen_tls.cert")
	isFull := func(u broker.User) bool { return u.Full }
	l.warnIf(len(r.Users) > 0 && l.feedbackByNATS() && !slices.ContainsFunc(r.Users, isFull),
		"no user can take the feedback: full: true lets one", "relay.users")
}

// feedbackByNATS reports whether some account gets its feedback from a consumer of its own.
func (l *loader) feedbackByNATS() bool {
	for _, a := range l.cfg.Accounts {
		if a.Feedback.Form == formNATS {
			return true
		}
	}
	return l.cfg.general().Feedback.Form == formNATS
}
