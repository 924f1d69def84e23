package config

import (
	"slices"

	"readback/internal/token"
)

// Reads holds the settings of the interfaces for read responses.
type Reads struct {
	Addr string        `key:"addr" default:"127.0.0.1:8080" form:"bind" empty:"off" doc:"address of the HTTP interface, host:port; empty is off"`
	SMS  string        `key:"sms" default:"vouched" follows:"track.proof" old:"true,false" oneof:"vouched,proof,off" doc:"messages from subscribers that are read responses: vouched takes the SMSC's word for who sent them, proof wants the proof of the message in each, off passes them to the ESME; default proof where track.proof is on"`
	JWT  token.Options `key:"jwt" live:"yes" doc:"whose tokens are taken, for reads.auth jwt"`
	TLS  ReadsTLS      `key:"tls" doc:"TLS on the HTTP interface"`

	MaxConnections int `key:"max_connections" default:"1000" range:"1..100000" doc:"connections to the HTTP interface at a time; a slow one gives way to a new one, further ones are closed"`
	MaxUnknown     int `key:"max_unknown_per_address" default:"250" range:"0..100000" doc:"connections to it at a time from one address on which no request was accepted yet; likewise over MQTT and WebSocket, and to relay.listen; 0 is no limit"`
	FailureRate    int `key:"failure_rate" default:"20" range:"0..100000" doc:"connections to it a second from one address on which no request is accepted; more are closed unread; likewise over MQTT and WebSocket, and to relay.listen; 0 is no limit"`
	FailureBurst   int `key:"failure_burst" default:"500" range:"1..100000" doc:"of them at once"`

	MQTT      MQTT      `key:"mqtt" doc:"read responses over MQTT, to the embedded server"`
	WebSocket WebSocket `key:"websocket" doc:"read responses over NATS in WebSocket and, beside reads.mqtt, MQTT in WebSocket (path /mqtt)"`
}

// The values of reads.sms.
const (
	SMSVouched = "vouched"
	SMSProof   = "proof"
	SMSOff     = "off"
)

// readSMS takes the default of reads.sms, which depends on the proofs, and the words of earlier releases.
func readSMS(l *loader) {
	sms := &l.cfg.Reads.SMS
	if _, given := l.origin("reads.sms"); given && *sms != "true" && *sms != "false" {
		return
	}
	old := *sms
	switch {
	case old == "false":
		*sms = SMSOff
	case l.cfg.Track.Proof:
		*sms = SMSProof
	default:
		*sms = SMSVouched
	}
	l.warnIf(old == "true" && *sms == SMSProof, "true stands for proof now, since messages carry one: say proof, or vouched to take the SMSC's word", "reads.sms")
}

// ReadsTLS is TLS on the HTTP interface: off without Cert.
type ReadsTLS struct {
	Cert      string `key:"cert" form:"file" empty:"none" doc:"PEM file of the certificate of the HTTP interface and its chain; empty is no TLS"`
	Key       string `key:"key" form:"file" empty:"none" secret:"file" doc:"PEM file of the certificate's key"`
	ClientCA  string `key:"client_ca" form:"file" empty:"none" doc:"PEM file of the authorities that may sign callers' certificates, for reads.auth mtls"`
	ClientCRL string `key:"client_crl" form:"file" empty:"none" doc:"file with lists of callers' certificates that are revoked (CRL), each signed by an authority of client_ca, in PEM or one in DER; empty is none"`
}

// checkReads checks that only callers whom the operator means can send read responses.
func checkReads(l *loader) {
	r := l.cfg.Reads
	has := func(auth string) bool { return slices.Contains(l.cfg.Relay.Auth, auth) }
	l.refuseIf(has("api_key") && len(l.cfg.Relay.APIKeys) == 0,
		problem{"api_key without a key", "reads.api_keys: [{name: app, sha256: …}]"}, "reads.auth", "reads.api_keys")
	l.refuseIf(has("jwt") && r.JWT.Keys == "", problem{"jwt without keys", "reads.jwt.keys: FILE"}, "reads.auth", "reads.jwt.keys")
	l.refuseIf(has("mtls") && r.TLS.ClientCA == "",
		problem{"mtls without an authority", "reads.tls.client_ca: FILE, beside cert and key"}, "reads.auth", "reads.tls.client_ca")
	l.refuseIf(has("proof") && !l.cfg.Track.Proof,
		problem{"proof, and messages carry none", "track.proof: true, with track.proof_keys"}, "reads.auth", "track.proof")
	l.refuseIf(r.SMS == SMSProof && !l.cfg.Track.Proof,
		problem{"proof, and messages carry none", "track.proof: true, with track.proof_keys; or vouched"}, "reads.sms", "track.proof")
	checkReadsHTTP(l, has)
}

// checkReadsHTTP checks the settings of the HTTP interface.
func checkReadsHTTP(l *loader, has func(auth string) bool) {
	r := l.cfg.Reads
	l.refuseIf((r.TLS.Cert == "") != (r.TLS.Key == ""), problem{"a certificate without its key, or a key without its certificate", "both of them"},
		"reads.tls.cert", "reads.tls.key")
	l.refuseIf(r.TLS.ClientCA != "" && r.TLS.Cert == "", problem{"callers' certificates without TLS", "reads.tls.cert and reads.tls.key"},
		"reads.tls.client_ca", "reads.tls.cert")
	l.refuseIf(r.TLS.ClientCRL != "" && r.TLS.ClientCA == "", revokedByNobody, "reads.tls.client_crl", "reads.tls.client_ca")
	l.refuseIf(r.TLS.ClientCA != "" && !has("mtls"), problem{"nobody is asked for a certificate", "reads.auth: [mtls]"},
		"reads.tls.client_ca", "reads.auth")
	if r.Addr == "" {
		return
	}
	l.refuseIf(len(l.cfg.Relay.Auth) == 0, problem{"nobody may report a read", "auth: [none] or [api_key]; or addr: \"\" for no HTTP"}, "reads.auth")
	l.refuseIf(has("none") && !isLoopback(r.Addr),
		problem{"reads.auth none would let anyone on the network report a read", "auth: [api_key], or an address such as 127.0.0.1:8080"},
		"reads.addr", "reads.auth")
}

// warnReads warns of an interface that admits more, or fewer, callers than it seems to.
func warnReads(l *loader) {
	r := l.cfg.Reads
	has := func(auth string) bool { return slices.Contains(l.cfg.Relay.Auth, auth) }
	l.warnIf(has("none") && len(l.cfg.Relay.Auth) > 1, "none lets everyone in, whatever else is asked for", "reads.auth")
	l.warnIf(has("none") && l.cfg.Relay.NATS != embedded,
		"with none, whoever may publish to readback.reads on the cluster may report a read", "relay.nats", "reads.auth")
	l.warnIf(r.SMS == SMSVouched && l.cfg.Track.Proof,
		"whoever can send a message under a subscriber's number can report reads for it: proof asks for the proof of the message", "reads.sms")
	l.warnIf(!has("api_key") && len(l.cfg.Relay.APIKeys) > 0, "not used: reads.auth does not ask for api_key", "reads.api_keys", "reads.auth")
	l.warnIf(has("jwt") && (r.JWT.Issuer == "" || r.JWT.Audience == ""),
		"a token that was made for something else is taken, too: reads.jwt.issuer and reads.jwt.audience say whose and for what", "reads.jwt.keys", "reads.auth")
	l.warnIf(!has("jwt") && r.JWT.Keys != "", "not used: reads.auth does not ask for jwt", "reads.jwt.keys", "reads.auth")
	l.warnIf(r.Addr != "" && !isLoopback(r.Addr) && r.TLS.Cert == "",
		"keys and tokens of callers pass in the clear, unless something in front speaks TLS", "reads.addr")
}
