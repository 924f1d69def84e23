// Package config reads the file, the environment and the flags into one checked value. It is
// the only package that imports viper, and only cmd imports it.
package config

import (
	"readback/internal/gateway"
	"readback/internal/setting"
	"readback/relay"
)

// Config holds every setting of the gateway, checked. It does not change after Load has
// returned it, and may be shared. Most sections are structs of this package. A setting that
// another package uses unchanged is a field of that package's options.
type Config struct {
	Listen   Listen   `key:"listen" doc:"where ESMEs bind"`
	SMSC     SMSC     `key:"smsc" doc:"the way to the SMSC"`
	Track    Track    `key:"track" doc:"which messages get a number, and how it travels"`
	Feedback Feedback `key:"feedback" live:"yes" doc:"what the ESME is told about a read message"`
	Reads    Reads    `key:"reads" doc:"read responses"`
	Gateway  gateway.Config
	Relay    relay.Config       `section:"relay" doc:"the ledger and its streams"`
	Settings relay.Settings     // of the relay that may change while it runs
	UsersTLS ListenerTLS        `key:"relay.listen_tls" doc:"TLS on relay.listen"`
	Ops      Ops                `key:"ops" doc:"the operator's interface over HTTP"`
	OTLP     OTLP               `key:"otlp" doc:"traces of messages for OpenTelemetry"`
	Log      Log                `key:"log" doc:"the log on standard error"`
	Accounts map[string]Account `key:"accounts" live:"yes" wanted:"a mapping of accounts, such as {bank: {rate: 500}}" doc:"what differs for one account, by system_id"`

	// Warnings name settings that are allowed and probably unintended, one line each.
	Warnings []string
	// Exposed names settings whose files have secrets that all users of the machine can read, one line each.
	Exposed []string

	empty   string            // the file that was read, if it has no setting
	sources map[string]Source // by key, of the values that were given
	files   map[string]uint64 // hashes of the files that are named, by path
}

// Default returns the settings of an empty configuration. Its number range is that of the
// element. Load takes the range of the marker where track.carriage is text.
func Default() (c Config) {
	setting.Defaults(&c)
	return c
}

// Account returns the settings for the ESME that binds as systemID: its own ones where the
// operator gave some, else the general ones. Its field Listed reports whether the operator
// listed the account.
func (c Config) Account(systemID string) Account {
	a, ok := c.Accounts[systemID]
	if !ok {
		a = c.general()
	}
	a.Listed = ok
	return a
}

// general returns the settings of an account that is not listed.
func (c Config) general() (a Account) {
	setting.Defaults(&a)
	a.Track, a.Feedback = c.Track.Policy, c.Feedback.AccountFeedback
	return a
}
