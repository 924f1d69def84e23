package config

import "time"

// Track is which messages get a number, and how it travels.
type Track struct {
	AccountTrack

	IEI            uint8    `key:"iei" default:"0x80" hex:"2" range:"0x80..0xFF" doc:"identifier of the element; A0–BF and E0–FF are taken with a warning, C0–DF not"`
	Numbers        Numbers  `key:"numbers" doc:"the numbers of a conversation"`
	Reference      int      `key:"reference" default:"8" among:"8,16" doc:"bits of the reference that the parts of a split message have"`
	Proof          bool     `key:"proof" doc:"add to each element a proof that only who holds the message can show in a read response: 4 octets more"`
	ProofKeys      []string `key:"proof_keys" form:"file" example:"/etc/readback/proof.key" doc:"files with a key each, 16 octets at least and nothing else: the first one signs, all of them verify"`
	ForwardAckBits bool     `key:"forward_ack_bits" live:"yes" doc:"leave registered_delivery bits 0C set towards the SMSC"`
	Marker         Marker   `key:"marker" doc:"the symbol before the digits, by encoding"`

	// ProofSecrets is what Load read from ProofKeys.
	ProofSecrets []Secret
}

// AccountTrack is the part of Track that an account may have for itself.
type AccountTrack struct {
	When      string `key:"when" default:"requested" live:"yes" oneof:"requested,all,off" doc:"requested is registered_delivery bit 04"`
	Carriage  string `key:"carriage" default:"udh" live:"yes" oneof:"udh,text,auto" doc:"udh is the element, text the marker, auto the element where it fits and else the marker"`
	Overflow  string `key:"overflow" default:"skip" live:"yes" oneof:"skip,split,reject" doc:"a message without room goes on unnumbered, or in parts that each have the number, or is refused with ESME_RINVMSGLEN"`
	OnFailure string `key:"on_failure" default:"pass" live:"yes" oneof:"pass,reject" doc:"while no number can be given, messages go on unnumbered, or are refused with ESME_RSYSERR"`
	Multi     string `key:"multi" default:"pass" live:"yes" oneof:"pass,split" doc:"submit_multi goes on unnumbered, or as one submit_sm for each receiver, each with its number"`
}

// Numbers is the range that the numbers of a conversation run through, again
// and again.
type Numbers struct {
	First int `key:"first" default:"1" follows:"carriage" range:"0..65535" doc:"first number of a cycle; 0 where carriage is text"`
	Last  int `key:"last" default:"257" follows:"carriage" range:"0..65535" doc:"last number of a cycle; 255 where carriage is text, at most 999 for text and auto"`
}

// Marker is one symbol for each encoding.
type Marker struct {
	UCS2   rune `key:"ucs2" default:"□" form:"ucs2" doc:"symbol in UCS2"`
	GSM7   rune `key:"gsm7" default:"§" form:"gsm7" doc:"symbol in the GSM 7-bit default alphabet, one septet"`
	Latin1 rune `key:"latin1" default:"§" form:"latin1" doc:"symbol in Latin-1"`
	ASCII  rune `key:"ascii" default:"#" form:"ascii" doc:"symbol in ASCII"`
}

// Reads is the ways in for read responses.
type Reads struct {
	Addr    string   `key:"addr" default:"127.0.0.1:8080" form:"bind" empty:"off" doc:"address of the HTTP interface, host:port; empty is off"`
	Auth    []string `key:"auth" default:"none" live:"yes" oneof:"none,api_key,jwt,mtls,proof" doc:"who may report a read, any one of these: a backend with an API key or a certificate, a subscriber with a token, who shows the proof of each message; none only on a loopback address"`
	SMS     bool     `key:"sms" default:"true" doc:"take messages from subscribers that are read responses; they never reach the ESME"`
	IEI     uint8    `key:"sms_iei" default:"0x81" hex:"2" range:"0x80..0xFF" doc:"identifier of the element that makes a message a read response"`
	APIKeys []APIKey `key:"api_keys" wanted:"a list of {name, sha256, rate}" live:"yes" doc:"list of {name, sha256, rate}: the SHA-256 of each key in 64 hexadecimal digits, and how many reads a minute it may report, if there is to be a limit"`
	JWT     ReadsJWT `key:"jwt" live:"yes" doc:"whose tokens are taken, for reads.auth jwt"`
	TLS     ReadsTLS `key:"tls" doc:"TLS on the HTTP interface"`

	Rate           int           `key:"rate" default:"600" range:"0..1000000" doc:"reads a minute that are taken for one receiver; 0 is no limit"`
	Burst          int           `key:"burst" default:"1000" range:"1..1000000" doc:"of them at once"`
	ReplayWindow   time.Duration `key:"replay_window" default:"10m" range:"0s..24h" doc:"time in which an id of a receiver stands for one read response; 0 is none"`
	MaxConnections int           `key:"max_connections" default:"1000" range:"1..100000" doc:"connections to the HTTP interface at a time; further ones are closed"`
	CORS           []string      `key:"cors" form:"origin" example:"https://app.example" doc:"origins of web pages that may call the HTTP interface; empty is none"`

	MQTT       MQTT      `key:"mqtt" doc:"read responses over MQTT, to the embedded server"`
	WebSocket  WebSocket `key:"websocket" doc:"read responses over NATS in WebSocket and, beside reads.mqtt, MQTT in WebSocket (path /mqtt)"`
	MaxClients int       `key:"max_clients" default:"10000" range:"1..1000000" doc:"MQTT and WebSocket connections at a time; further ones are refused"`
}

// APIKey is a key that an app backend shows, known by its hash alone.
type APIKey struct {
	Name   string // for the log
	SHA256 string // of the key's octets, 64 hexadecimal digits in lower case
	Rate   int    // read responses a minute; 0: no limit
}

// Relay is the ledger and its streams.
type Relay struct {
	NATS     string        `key:"nats" default:"embedded" form:"nats" secret:"userinfo" doc:"embedded, or the cluster as a comma list of nats:// and tls:// addresses"`
	Store    string        `key:"store" default:"/var/lib/readback" form:"path" doc:"directory of the index and of the embedded server's streams"`
	Replicas int           `key:"replicas" default:"1" among:"1,3,5" doc:"copies of each stream in a cluster"`
	Sync     time.Duration `key:"sync" default:"250ms" range:"0s..1m" word:"always" doc:"how often the embedded server's files are synced; always is after each batch"`
	Keep     time.Duration `key:"keep" default:"168h" range:"1h..8760h" doc:"how long a message can be read"`
	Listen   string        `key:"listen" form:"bind" empty:"off" doc:"loopback address on which the embedded server takes NATS clients; empty is none"`
	Creds    string        `key:"creds" doc:"credentials file for the cluster"`
	NKey     string        `key:"nkey" doc:"NKey seed file for the cluster"`
}

// Ops is the operator's own HTTP interface.
type Ops struct {
	Addr string `key:"addr" default:"127.0.0.1:9090" form:"bind" empty:"off" doc:"address of metrics, health and profiles, host:port; keep it on loopback, since it asks nobody who they are; empty is off"`
}

// Log is how the gateway logs.
type Log struct {
	Level  string `key:"level" default:"info" live:"yes" oneof:"debug,info,warn,error" doc:"least level that is logged"`
	Format string `key:"format" default:"json" oneof:"json,text" doc:"form of a line"`
	Audit  bool   `key:"audit" default:"true" doc:"a line at level info for each read response and its verdict; else at debug"`
	Mask   bool   `key:"mask" default:"true" live:"yes" doc:"show the first three and the last digit of subscriber numbers only"`
}
