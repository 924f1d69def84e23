package broker

import (
	"log/slog"
	"regexp"
	"strings"
)

// clientFault is something that the server accepts from no client of MQTT. The server tells the client
// little or nothing of it, and ends the connection.
type clientFault struct {
	said   string // what is in the server's line
	reason string // what is in ours
	topic  bool   // the client was let in before, and has published on such a topic
}

// clientFaults are those that apps and their libraries have. The server takes the client identifier for a
// name of its own, in which some characters mean something else. MQTT 3.1 is not one of them: some libraries
// try it by themselves when they are refused for another reason, which is logged.
var clientFaults = []clientFault{
	{said: "invalid character in client ID", reason: "client identifier has a period, a blank, * or >"},
	{said: "when client ID is empty", reason: "client identifier is empty, and the session is to be kept"},
	{said: "unacceptable protocol version", reason: "version of MQTT is not 3.1.1"},
	{said: "password flag set but username flag is not", reason: "password without a user name"},
	{said: "empty user name not allowed", reason: "user name is there and empty"},
	{said: "the first packet should be a CONNECT", reason: "does not begin with CONNECT"},
	{said: "must connect to the Websocket port", reason: "WebSocket at the port of MQTT"},
	{said: "wildcards not allowed in publish's topic", reason: "topic has a + or #", topic: true},
	{said: "character not supported for MQTT topics", reason: "topic has a blank", topic: true},
}

// clientLine is a line about a client of MQTT: its address, and its identifier if that is known.
var clientLine = regexp.MustCompile(`(?s)^(\S+) - mid\S* - (?:"(.*?)" - )?`)

// aboutClient logs and counts the fault of a client, and reports whether the line is about one.
func (l *serverLog) aboutClient(line string) bool {
	m := clientLine.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	for _, f := range clientFaults {
		if !strings.Contains(line, f.said) {
			continue
		}
		what, counter := "client refused", l.opt.Metrics.refused
		if f.topic {
			what, counter = "client cut off", l.opt.Metrics.denied.WithLabelValues("topic")
		}
		counter.Inc()
		l.limited.line(slog.LevelWarn, what, "way", typeMQTT, "remote", l.fronts.remote(m[1]), "client", l.opt.Mask(m[2]), "reason", f.reason)
		return true
	}
	return false
}
