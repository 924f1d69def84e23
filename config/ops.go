package config

import (
	"net"
	"slices"

	"go.yaml.in/yaml/v3"

	"readback/internal/ops"
	"readback/relay/access"
)

// Ops holds the settings of the operator's HTTP interface.
type Ops struct {
	Addr        string       `key:"addr" default:"127.0.0.1:9090" form:"bind" empty:"off" doc:"address of the operator's interface: metrics, health, profiles, queues and commands, host:port; one that is not loopback needs ops.operators; empty is off"`
	MetricsAddr string       `key:"metrics_addr" form:"bind" empty:"off" doc:"address of a listener for metrics and health alone, which need no credential, host:port; empty is none"`
	Hosts       []string     `key:"hosts" live:"yes" form:"host" example:"gw1.example" doc:"names by which the two listeners may be asked, beside localhost and their addresses; a name of a web page elsewhere must not lead to them"`
	TLS         OpsTLS       `key:"tls" doc:"TLS on both listeners"`
	Operators   []ops.Person `key:"operators" live:"yes" wanted:"a list of {name, roles, sha256, certificate}" doc:"list of {name, roles, sha256, certificate}: who may use ops.addr, by the SHA-256 of a token in 64 hexadecimal digits, or by the name in a client certificate; roles are viewer, operator and privacy; empty is everybody who reaches a loopback address"`
	TokenFile   string       `key:"token_file" secret:"file" doc:"file with the token that the command-line tools present, in one line; empty is none"`
}

// OpsTLS is TLS on the operator's listeners: none without Cert.
type OpsTLS struct {
	Cert      string `key:"cert" form:"file" empty:"none" doc:"PEM file of the listeners' certificate and its chain; empty is no TLS"`
	Key       string `key:"key" form:"file" empty:"none" secret:"file" doc:"PEM file of the certificate's key"`
	ClientCA  string `key:"client_ca" form:"file" empty:"none" doc:"PEM file of the authorities that may sign operators' certificates; a client that has a token needs none"`
	ClientCRL string `key:"client_crl" form:"file" empty:"none" doc:"file with lists of operators' certificates that are revoked (CRL), each signed by an authority of client_ca, in PEM or one in DER; empty is none"`
}

// Access returns who may use the operator's interface.
func (o Ops) Access() ops.Access {
	a := ops.Access{Hosts: o.Hosts, Operators: o.Operators, MetricsApart: o.MetricsAddr != ""}
	for _, addr := range []string{o.Addr, o.MetricsAddr} {
		if host, _, err := net.SplitHostPort(addr); err == nil && host != "" && net.ParseIP(host) == nil {
			a.Hosts = append(a.Hosts[:len(a.Hosts):len(a.Hosts)], host) // the listener's name
		}
	}
	return a
}

// readOperators reads who may use the operator's interface.
func readOperators(l *loader) {
	l.cfg.Ops.Operators = items[ops.Person]{
		key: "ops.operators", example: "{name: alice, roles: [operator], sha256: …}", needs: []string{"name", "roles"},
		take: takeOperator, name: func(p *ops.Person) string { return p.Name },
		check: func(p *ops.Person) *problem {
			if p.SHA256 == "" && p.Certificate == "" {
				return &problem{"neither a token nor a certificate", "sha256: …, or certificate: NAME, or both"}
			}
			return nil
		},
	}.read(l)
}

// takeOperator reads one value of an operator.
func takeOperator(p *ops.Person, name string, v *yaml.Node) *problem {
	switch name {
	case "name":
		return takeText(&p.Name, v, "a name for the log")
	case "sha256":
		return takeSum(&p.SHA256, v, "TOKEN")
	case "certificate":
		return takeText(&p.Certificate, v, "the common name, DNS name or e-mail address in the certificate")
	case "roles":
		const hint = "a list of viewer, operator, privacy"
		return takeWords(v, hint, func(word string) *problem {
			role, err := ops.ParseRole(word)
			p.Roles |= role
			if err != nil {
				return &problem{"unknown role", hint}
			}
			return nil
		})
	}
	return &problem{"unknown key", "the keys here are name, roles, sha256, certificate"}
}

// checkOps refuses an operator's interface that others than operators could use.
func checkOps(l *loader) {
	o := l.cfg.Ops
	l.refuseIf((o.TLS.Cert == "") != (o.TLS.Key == ""), problem{"a certificate without its key, or a key without its certificate", "both of them"},
		"ops.tls.cert", "ops.tls.key")
	l.refuseIf(o.TLS.ClientCA != "" && o.TLS.Cert == "", problem{"operators' certificates without TLS", "ops.tls.cert and ops.tls.key"},
		"ops.tls.client_ca", "ops.tls.cert")
	certificates, seen := false, make(map[string]bool)
	for _, p := range o.Operators {
		certificates = certificates || p.Certificate != ""
		for _, credential := range []string{p.SHA256, "name " + p.Certificate} {
			l.refuseIf(seen[credential], problem{"two operators have the same token or certificate", "one for each, so that the log can say who it was"}, "ops.operators")
			seen[credential] = credential != "" && credential != "name "
		}
	}
	l.refuseIf(certificates && o.TLS.ClientCA == "", problem{"certificates of operators, and no authority to verify them", "ops.tls.client_ca: FILE, beside cert and key"},
		"ops.operators", "ops.tls.client_ca")
	l.refuseIf(o.TLS.ClientCRL != "" && o.TLS.ClientCA == "", revokedByNobody, "ops.tls.client_crl", "ops.tls.client_ca")
	l.refuseIf(o.TLS.ClientCA != "" && !certificates, problem{"nobody is known by a certificate", "ops.operators: [{name: alice, roles: [operator], certificate: NAME}]"},
		"ops.tls.client_ca", "ops.operators")
	l.refuseIf(o.Addr != "" && !isLoopback(o.Addr) && len(o.Operators) == 0,
		problem{"anyone on the network could stop the gateway and see subscribers' numbers", "ops.operators: [{name: alice, roles: [operator], sha256: …}], with ops.tls; or an address such as 127.0.0.1:9090, with ops.metrics_addr for metrics and health"},
		"ops.addr", "ops.operators")
}

// warnOps warns of an interface that asks for no credential although reads.auth does, and of credentials that
// pass in the clear.
func warnOps(l *loader) {
	o := l.cfg.Ops
	l.warnIf(isLoopback(o.Addr) && len(o.Operators) == 0 && !slices.Contains(l.cfg.Relay.Auth, access.AuthNone),
		"every process of this machine can look up and erase messages, and drop dead letters, at "+o.Addr+" without a credential: ops.operators says who may", "reads.auth")
	l.warnIf(o.Addr != "" && !isLoopback(o.Addr) && o.TLS.Cert == "" && len(o.Operators) > 0,
		"operators' tokens pass in the clear, unless something in front speaks TLS: see ops.tls", "ops.addr")
	l.warnIf(o.Addr == "" && len(o.Operators) > 0, "not used: ops.addr is off", "ops.operators", "ops.addr")
}
