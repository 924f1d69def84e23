//go:build e2e

package interop

import (
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// TestNode has node-smpp as the ESME.
func TestNode(t *testing.T) {
	const own = 3 // numbered messages of those below
	s := scenario{smsc: withoutClock, numbered: scriptNumbered + own, play: func(w *world) []string {
		node := w.startScript("node", "node/client.js")
		return node.converse(scriptMessages, func() {
			for _, m := range []fields{ // as the library makes them
				{"short_message": "detected: Grüße"},
				{"short_message": fields{"udh": octets(unhex("05 00 03 07 02 02")), "message": "its own UDH"}},
				{"message_payload": "its own payload"},
			} {
				node.do("submit_sm", submitted(m))
			}
			node.do("data_sm", submitted(fields{"message_payload": "data"}))
			node.do("query_sm", fields{"message_id": "4A7F01", "source_addr": from.Addr})
			node.do("cancel_sm", fields{"message_id": "4A7F01", "source_addr": from.Addr})
			node.do("replace_sm", fields{"message_id": "4A7F01", "source_addr": from.Addr, "short_message": "new"})
		})
	}}
	s.run(t)
}

// TestNodeOneWay has node-smpp as a transmitter, then as a receiver.
func TestNodeOneWay(t *testing.T) {
	s := scenario{numbered: 1, play: func(w *world) []string {
		return w.oneWay(func() script { return w.startScript("node", "node/client.js") })
	}}
	s.run(t)
}

// TestNodeSMSC has node-smpp as the SMSC, and compares what it understood.
func TestNodeSMSC(t *testing.T) {
	var node *process
	s := scenario{
		numbered: 5,
		startSMSC: func(t *testing.T) string {
			node = start(t, "node", "node/smsc.js")
			_, f := node.event(t.Context(), "listening")
			return "127.0.0.1:" + jsonNumber(f["port"])
		},
		play: func(w *world) []string {
			e := w.bindRaw(simulator.Bind{})
			e.call(submit(2, "Hello", nil))
			_, got := node.event(w.ctx, "request") // the bind
			for got["command"] != "submit_sm" {
				_, got = node.event(w.ctx, "request")
			}
			e.call(submit(3, "", func(m *simulator.ShortMessage) { m.DataCoding, m.UserData = 8, ucs2("Здравствуйте") }))
			e.call(submit(4, "vendor TLVs", func(m *simulator.ShortMessage) { m.TLVs = oddTLVs }))
			e.call(submit(5, "", func(m *simulator.ShortMessage) { m.TLVs = tlv(smpp.TagMessagePayload, "payload") }))
			e.call(dataSM(6, from, to, 0, tlv(smpp.TagMessagePayload, "data")))
			e.call(frame(pdu.QuerySMID, 7, cstrings("node-1"), addressed(from)))
			e.call(frame(vendorID, 8))
			node.command("deliver_sm", fields{
				"source_addr": to.Addr, "destination_addr": from.Addr, "short_message": "MO from another maker",
			})
			node.event(w.ctx, "response")
			if w.gated() {
				w.readAndCheck(from.Addr, to.Addr, 1, "node-1")
			}
			return append(e.leave(), understood(got))
		},
	}
	s.run(t)
}

// understood is the text that node-smpp decoded.
func understood(f fields) string {
	message, _ := f["short_message"].(map[string]any)
	text, _ := message["message"].(string)
	return "understood " + strings.TrimSpace(text)
}
