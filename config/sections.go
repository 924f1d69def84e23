package config

import "readback/internal/token"

// Track is which messages get a number, and how it travels.
type Track struct {
	AccountTrack

	IEI            uint8    `key:"iei" default:"0x80" hex:"2" range:"0x80..0xFF" doc:"identifier of the element; A0–BF and E0–FF are taken with a warning, C0–DF not"`
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

// Marker is one symbol for each encoding.
type Marker struct {
	UCS2   rune `key:"ucs2" default:"□" form:"ucs2" doc:"symbol in UCS2"`
	GSM7   rune `key:"gsm7" default:"§" form:"gsm7" doc:"symbol in the GSM 7-bit default alphabet, one septet"`
	Latin1 rune `key:"latin1" default:"§" form:"latin1" doc:"symbol in Latin-1"`
	ASCII  rune `key:"ascii" default:"#" form:"ascii" doc:"symbol in ASCII"`
}

// Reads is the ways in for read responses.
type Reads struct {
	Addr string        `key:"addr" default:"127.0.0.1:8080" form:"bind" empty:"off" doc:"address of the HTTP interface, host:port; empty is off"`
	SMS  bool          `key:"sms" default:"true" doc:"take messages from subscribers that are read responses; they never reach the ESME"`
	JWT  token.Options `key:"jwt" live:"yes" doc:"whose tokens are taken, for reads.auth jwt"`
	TLS  ReadsTLS      `key:"tls" doc:"TLS on the HTTP interface"`

	MaxConnections int `key:"max_connections" default:"1000" range:"1..100000" doc:"connections to the HTTP interface at a time; further ones are closed"`

	MQTT      MQTT      `key:"mqtt" doc:"read responses over MQTT, to the embedded server"`
	WebSocket WebSocket `key:"websocket" doc:"read responses over NATS in WebSocket and, beside reads.mqtt, MQTT in WebSocket (path /mqtt)"`
}

// Ops is the operator's own HTTP interface.
type Ops struct {
	Addr string `key:"addr" default:"127.0.0.1:9090" form:"bind" empty:"off" doc:"address of metrics, health and profiles, host:port; keep it on loopback, since it asks nobody who they are; empty is off"`
}

// Log is how the gateway logs.
type Log struct {
	Level  string `key:"level" default:"info" live:"yes" oneof:"debug,info,warn,error" doc:"least level that is logged"`
	Format string `key:"format" default:"json" oneof:"json,text" doc:"form of a line"`
}
