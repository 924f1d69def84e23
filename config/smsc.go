package config

import (
	"slices"
	"time"
)

// The values of smsc.mode.
const (
	mirror = "mirror"
	shared = "shared"
)

// asIs is the base of message_ids that are compared as strings.
const asIs = "as_is"

// SMSC holds the settings of the SMSC's side.
type SMSC struct {
	Mode            string        `key:"mode" default:"mirror" oneof:"mirror,shared" doc:"mirror opens one SMSC session for each ESME session, with the ESME's own credentials; shared opens sessions of the gateway's own, and checks ESMEs by accounts"`
	Addr            string        `key:"addr" default:"127.0.0.1:2776" form:"dial" doc:"address of the SMSC, host:port"`
	Addrs           []string      `key:"addrs" form:"dial" example:"192.0.2.1:2775" doc:"shared mode: addresses of the SMSC in place of smsc.addr; the first that accepts the bind is used"`
	SystemIDCase    string        `key:"system_id_case" default:"exact" live:"yes" oneof:"exact,ignored" doc:"whether the SMSC tells a system_id from one in another case; ignored: the limits of an account hold in either case"`
	SystemID        string        `key:"system_id" form:"system_id" empty:"none" doc:"shared mode: the name that the gateway binds with"`
	PasswordFile    string        `key:"password_file" secret:"file" content:"restart" doc:"shared mode: file that contains only the password for it"`
	SystemType      string        `key:"system_type" form:"system_type" empty:"none" doc:"shared mode: system_type of the gateway's binds"`
	Binds           int           `key:"binds" default:"2" range:"1..64" doc:"shared mode: sessions to the SMSC"`
	TLS             SMSCTLS       `key:"tls" doc:"TLS to the SMSC"`
	MessageID       MessageID     `key:"message_id" doc:"how the SMSC writes a message_id, so that a receipt finds its message"`
	ConnectTimeout  time.Duration `key:"connect_timeout" default:"5s" range:"1ms..5m" doc:"time to reach the SMSC"`
	DefaultAlphabet string        `key:"default_alphabet" default:"gsm7" oneof:"gsm7,gsm7_packed,latin1" doc:"what data_coding 0 means to this SMSC; with gsm7_packed all GSM 7-bit text is packed"`

	// Password is what Load has read from PasswordFile. In mirror mode it is empty.
	Password Secret
}

// SMSCTLS holds the settings of TLS on the connection to the SMSC.
type SMSCTLS struct {
	Enable     bool   `key:"enable" doc:"speak TLS to the SMSC"`
	CA         string `key:"ca" form:"file" empty:"none" doc:"PEM file of the authorities that may sign the SMSC's certificate; empty is those of the system"`
	Cert       string `key:"cert" form:"file" empty:"none" doc:"PEM file of the gateway's certificate for an SMSC that asks for one"`
	Key        string `key:"key" form:"file" empty:"none" secret:"file" doc:"PEM file of that certificate's key"`
	ServerName string `key:"server_name" form:"host" empty:"none" doc:"name in the SMSC's certificate; empty is the host of its address"`
}

// MessageID says how the SMSC writes the same message_id in responses and in receipts. Both
// are strings, or both are numbers.
type MessageID struct {
	Response string `key:"response" default:"as_is" oneof:"as_is,hex,dec" doc:"message_id in submit_sm_resp"`
	Receipt  string `key:"receipt" default:"as_is" oneof:"as_is,hex,dec" doc:"message_id in receipts"`
}

// Targets returns the addresses of the SMSC in the order in which they are tried. In mirror
// mode there is one.
func (s SMSC) Targets() []string {
	if s.Mode == shared && len(s.Addrs) > 0 {
		return slices.Clone(s.Addrs)
	}
	return []string{s.Addr}
}

// checkSMSC refuses settings of the SMSC's side that contradict each other.
func checkSMSC(l *loader) {
	s := l.cfg.SMSC
	if _, chosen := l.origin("smsc.tls.enable"); !chosen {
		l.refuseAny(problem{"smsc.tls.enable is not set: the way to the SMSC would be open", "enable: true; or false, to leave the rest unused"},
			"smsc.tls.ca", "smsc.tls.cert", "smsc.tls.key", "smsc.tls.server_name")
	}
	l.refuseIf((s.TLS.Cert == "") != (s.TLS.Key == ""), problem{"certificate and key belong together", "both, or neither"}, "smsc.tls.cert", "smsc.tls.key")
	l.refuseIf((s.MessageID.Response == asIs) != (s.MessageID.Receipt == asIs),
		problem{"as_is in one place and a number in the other cannot be compared", "both as_is, or each hex or dec"},
		"smsc.message_id.receipt", "smsc.message_id.response")
	if s.Mode == mirror {
		l.refuseIf(len(s.Addrs) > 0, problem{"mirror mode has one address", "smsc.addr, or mode: shared"}, "smsc.addrs", "smsc.mode")
		return
	}
	_, one := l.origin("smsc.addr")
	l.refuseIf(one && len(s.Addrs) > 0 && !slices.Contains(s.Addrs, s.Addr),
		problem{"smsc.addrs is given too, without this one", "one of both, addrs to fail over"}, "smsc.addr", "smsc.addrs")
	l.refuseIf(s.SystemID == "", problem{"shared mode without a name to bind with", "smsc.system_id"}, "smsc.system_id", "smsc.mode")
	l.refuseIf(s.PasswordFile == "", problem{"shared mode without a password to bind with", "smsc.password_file"}, "smsc.password_file", "smsc.mode")
	checkSharedAccounts(l)
}

// checkSharedAccounts checks that an ESME can bind. In shared mode the SMSC does not check
// the ESMEs' passwords.
func checkSharedAccounts(l *loader) {
	n := l.doc.trees["accounts"] // accounts that are wrong are not in cfg
	l.refuseIf(len(l.cfg.Accounts) == 0 && (n == nil || len(n.Content) == 0), problem{"shared mode without accounts: nobody could bind", "accounts: {bank: {password_hash: …}}"},
		"accounts", "smsc.mode")
	for _, id := range l.systemIDs() {
		key := accountKey(id)
		l.refuseIf(l.cfg.Accounts[id].PasswordHash == "",
			problem{"no password_hash, and shared mode asks nobody else", "readback hash-password makes one"}, key+".password_hash", key, "smsc.mode")
	}
}
