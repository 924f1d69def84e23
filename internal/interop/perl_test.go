//go:build e2e

package interop

import "testing"

// TestPerl has Net::SMPP as the ESME.
func TestPerl(t *testing.T) {
	s := scenario{smsc: withoutClock, numbered: scriptNumbered, play: func(w *world) []string {
		perl := w.startScript("perl", "perl/client.pl")
		return perl.converse(scriptMessages, func() {
			perl.do("data_sm", submitted(fields{"message_payload": "data"}))
			perl.do("query_sm", fields{"message_id": "4A7F01", "source_addr": from.Addr})
			perl.do("replace_sm", fields{"message_id": "4A7F01", "source_addr": from.Addr, "short_message": "new"})
			perl.do("cancel_sm", submitted(fields{"message_id": "4A7F01"}))
		})
	}}
	s.run(t)
}

// TestPerlOneWay has Net::SMPP as a transmitter, then as a receiver.
func TestPerlOneWay(t *testing.T) {
	s := scenario{numbered: 1, play: func(w *world) []string {
		return w.oneWay(func() script { return w.startScript("perl", "perl/client.pl") })
	}}
	s.run(t)
}
