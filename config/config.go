// Package config reads the file, the environment and the flags into one checked
// value. It is the only package that knows viper, and only cmd imports it.
package config

import (
	"reflect"
	"time"
)

// Config is every setting of the gateway, checked. It is not changed once Load
// has returned it, and may be shared.
type Config struct {
	Listen   Listen             `key:"listen" doc:"where ESMEs bind"`
	SMSC     SMSC               `key:"smsc" doc:"the way to the SMSC"`
	Track    Track              `key:"track" doc:"which messages get a number, and how it travels"`
	Feedback Feedback           `key:"feedback" doc:"what the ESME is told about a read message"`
	Reads    Reads              `key:"reads" doc:"read responses"`
	Relay    Relay              `key:"relay" doc:"the ledger and its streams"`
	Ops      Ops                `key:"ops" doc:"health, metrics and profiles over HTTP"`
	Log      Log                `key:"log" doc:"the log on standard error"`
	Accounts map[string]Account `key:"accounts" doc:"what differs for one account, by system_id"`

	// Warnings are settings that are allowed and worth a second look, a line each.
	Warnings []string
}

// Default returns the settings of an empty configuration. The number range is
// that of the element; Load chooses the marker's where track.carriage is text.
func Default() Config {
	return Config{
		Listen: Listen{
			Addr: ":2775", MaxSessions: 1000, SessionInit: 10 * time.Second,
			EnquireLink: 30 * time.Second, DrainTimeout: 10 * time.Second,
			MaxUnbound: 200, WriteTimeout: 30 * time.Second, KeepAlive: 30 * time.Second,
		},
		SMSC: SMSC{
			Mode: mirror, Addr: "127.0.0.1:2776", Window: 100, ConnectTimeout: 5 * time.Second,
			ResponseTimeout: 10 * time.Second, EnquireLink: 30 * time.Second, DefaultAlphabet: "gsm7",
			Binds: 2, MessageID: MessageID{Response: asIs, Receipt: asIs},
		},
		Track: Track{
			When: "requested", Carriage: "udh", IEI: 0x80, Numbers: Numbers{First: 1, Last: 257},
			Overflow: "skip", Reference: 8, OnFailure: "pass", Multi: "pass",
			Marker: Marker{UCS2: '□', GSM7: '§', Latin1: '§', ASCII: '#'},
		},
		Feedback: Feedback{
			Form: "sme-ack", Keep: 72 * time.Hour, VendorTagNumber: 0x1520, VendorTagRead: 0x1521,
			AfterReceipt: 30 * time.Second,
			Template:     "{{.Receiver}} has {{.State}} message {{.Number}} at {{.ReadAt}}",
			Webhook:      Webhook{OldSignature: true, Timeout: 10 * time.Second, Concurrency: 4},
		},
		Reads: Reads{
			Addr: "127.0.0.1:8080", Auth: []string{"none"}, SMS: true, IEI: 0x81, JWT: ReadsJWT{Leeway: 30 * time.Second},
			Rate: 600, Burst: 1000, ReplayWindow: 10 * time.Minute, MaxConnections: 1000, MaxClients: 10000,
		},
		Relay: Relay{
			NATS: "embedded", Store: "/var/lib/readback", Replicas: 1,
			Sync: 250 * time.Millisecond, Keep: 168 * time.Hour,
		},
		Ops: Ops{Addr: "127.0.0.1:9090"},
		Log: Log{Level: "info", Format: "json", Audit: true, Mask: true},
	}
}

// Account returns what holds for the ESME that binds as systemID: its own
// settings where the operator gave some, the general ones elsewhere. Its field
// Listed tells whether the operator listed it at all.
func (c Config) Account(systemID string) Account {
	a, ok := c.Accounts[systemID]
	if !ok {
		a = c.general()
	}
	a.Listed = ok
	return a
}

// general returns the account of whom the operator said nothing.
func (c Config) general() Account {
	a := defaultAccount()
	from, to := reflect.ValueOf(c), reflect.ValueOf(&a).Elem()
	for _, f := range accountFields {
		if !f.isOwn() {
			to.FieldByIndex(f.index).Set(from.FieldByIndex(f.described().index))
		}
	}
	a.Feedback.Webhook.Secret = c.Feedback.Webhook.Secret
	return a
}

// defaultAccount returns what only an account has, where it says nothing.
func defaultAccount() Account { return Account{OverRate: "pace"} }
