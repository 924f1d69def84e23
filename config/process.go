package config

import (
	"path/filepath"

	"readback/relay"
)

// embedded is the value of relay.nats that stands for the server within the process.
const embedded = relay.Embedded

// Log holds the settings of the log.
type Log struct {
	Level  string `key:"level" default:"info" live:"yes" oneof:"debug,info,warn,error" doc:"least level that is logged"`
	Format string `key:"format" default:"json" oneof:"json,text" doc:"form of a line"`

	SubscriberKeyFile string `key:"subscriber_key_file" form:"file" empty:"the store" secret:"file" content:"restart" doc:"file with the key under which the log names subscribers by a hash, 16 to 1024 octets; empty is subscriber.key in relay.store, which the gateway makes"`
}

// checkRecords refuses call detail records of messages that the ledger has forgotten, and among the files of the store.
func checkRecords(l *loader) {
	r := l.cfg.Relay
	l.refuseIf(r.CDR.Dir != "" && r.CDR.After > r.Keep,
		problem{"longer than a message can be read, relay.keep", r.Keep.String() + " at most"}, "cdr.after", "relay.keep")
	in, err := filepath.Rel(r.Store, r.CDR.Dir)
	l.refuseIf(r.CDR.Dir != "" && err == nil && filepath.IsLocal(in),
		problem{"in relay.store, whose files are for the gateway alone", "a directory beside it, such as /var/lib/readback-cdr"}, "cdr.dir", "relay.store")
}

// checkRelay refuses settings of the relay that contradict each other.
func checkRelay(l *loader) {
	r := l.cfg.Relay
	checkRecords(l)
	if r.NATS == embedded {
		l.refuseIf(r.Replicas > 1, problem{"the embedded server is one, and keeps one copy", "replicas: 1, or nats: nats://host:4222"}, "relay.replicas", "relay.nats")
		l.refuseIf(r.Creds != "", problem{"the embedded server takes no credentials", "leave it out"}, "relay.creds", "relay.nats")
		l.refuseIf(r.NKey != "", problem{"the embedded server takes no credentials", "leave it out"}, "relay.nkey", "relay.nats")
		l.refuseIf(r.Listen != "" && !isLoopback(r.Listen) && len(r.Users) == 0,
			problem{"anyone on the network could report reads and purge the ledger", "relay.users: [{name: app, sha256: …}], with relay.listen_tls; or an address such as 127.0.0.1:4222"},
			"relay.listen", "relay.users")
		return
	}
	l.refuseIf(r.Listen != "", problem{"only the embedded server listens", "leave it out, or nats: embedded"}, "relay.listen", "relay.nats")
	l.refuseIf(len(r.Users) > 0, problem{"only the embedded server has users of ours", "leave it out, or nats: embedded"}, "relay.users", "relay.nats")
	l.refuseIf(r.Creds != "" && r.NKey != "", problem{"creds and nkey both", "one of them"}, "relay.nkey", "relay.creds")
}
