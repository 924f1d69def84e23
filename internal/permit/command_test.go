package permit

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

func TestCommand(t *testing.T) {
	for text, want := range map[string]string{
		"broadcast_sm":         "broadcast_sm",
		"cancel_broadcast_sm":  "cancel_broadcast_sm",
		"submit_sm":            "submit_sm",
		"0x00000112":           "query_broadcast_sm",
		"0x22":                 "0x00000022",
		"0x00010200":           "0x00010200",
		"0x7FFFFFFF":           "0x7FFFFFFF",
		"0x80000004":           "a response",
		"submit_sm_resp":       "a response",
		"generic_nack":         "a response",
		"0x5":                  "not a command that an ESME may send",
		"bind_transceiver":     "not a command that an ESME may send",
		"enquire_link":         "not a command that an ESME may send",
		"unbind":               "not a command that an ESME may send",
		"outbind":              "not a command that an ESME may send",
		"alert_notification":   "not a command that an ESME may send",
		"broadcast":            "not a command (hint",
		"other":                "not a command (hint",
		"":                     "not a command (hint",
		"0":                    "not a command (hint",
		"0x0":                  "not a command (hint",
		"0x":                   "not a command (hint",
		"0x100000000":          "not a command (hint",
		"66048":                "not a command (hint",
		"0x-1":                 "not a command (hint",
		"0x00010200 # comment": "not a command (hint",
	} {
		var c Command
		got := ""
		if err := c.UnmarshalText([]byte(text)); err != nil {
			got = err.Error()
		} else {
			got = c.String()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// In shared mode only the listed commands pass, and those that the operator adds. In mirror mode all do.
func TestGateCommand(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	mirror, shared := NewGate(Options{}), NewGate(Options{Shared: true})
	added := NewGate(Options{Shared: true, Pass: []Command{0x112, 0x00010200}})
	for id, passes := range map[pdu.ID]string{
		pdu.SubmitSMID: "mirror shared added", pdu.SubmitMultiID: "mirror shared added", pdu.DataSMID: "mirror shared added",
		pdu.QuerySMID: "mirror shared added", pdu.CancelSMID: "mirror shared added", pdu.ReplaceSMID: "mirror shared added",
		pdu.UnbindID: "mirror shared added", 0x112: "mirror added", 0x00010200: "mirror added",
		0x111: "mirror", 0x113: "mirror", 0x22: "mirror", 0x23: "mirror", 0x24: "mirror", 0x00010201: "mirror", 0: "mirror",
	} {
		var got []string
		for _, g := range []struct {
			name string
			gate *Gate
		}{{"mirror", mirror}, {"shared", shared}, {"added", added}} {
			if g.gate.Command(log, id) {
				got = append(got, g.name)
			}
		}
		if strings.Join(got, " ") != passes {
			t.Errorf("%#x: passes with %v, want %s", uint32(id), got, passes)
		}
	}
}

func TestGateCommandAllocs(t *testing.T) {
	g, log := NewGate(Options{Shared: true}), slog.New(slog.DiscardHandler)
	if n := testing.AllocsPerRun(100, func() { g.Command(log, pdu.SubmitSMID) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}
