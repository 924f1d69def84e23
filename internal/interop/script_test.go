//go:build e2e

package interop

import (
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

func hexString(b []byte) string { return hex.EncodeToString(b) }

// script is an ESME of another maker that does what it is told.
type script struct {
	*process
	w *world
}

// startScript starts the ESME that the interpreter and the file make.
func (w *world) startScript(interpreter, file string) script {
	w.Helper()
	port := w.addr()[strings.LastIndexByte(w.addr(), ':')+1:]
	return script{start(w.T, interpreter, file, port), w}
}

// do has the script send a request, and waits for the response.
func (s script) do(command string, pdu fields) {
	s.w.Helper()
	s.command(command, pdu)
	s.event(s.w.ctx, "response")
}

// bind binds as the kind of command.
func (s script) bind(command string) {
	s.w.Helper()
	s.do(command, fields{
		"system_id": account, "password": password, "system_type": "VMA",
		"interface_version": smpp.InterfaceVersion34, "addr_ton": 1, "addr_npi": 1, "address_range": "1069*",
	})
}

// leave unbinds, waits for the script to end, and returns what it printed.
func (s script) leave() []string {
	s.w.Helper()
	s.do("unbind", nil)
	_ = s.stdin.Close() // an error if the script has ended already
	s.wait(s.w.ctx)
	var saw []string
	for line := range strings.Lines(s.printed()) {
		if !unshown.MatchString(line) {
			saw = append(saw, shownClock.ReplaceAllString(strings.TrimSpace(line), ""))
		}
	}
	return saw
}

// feedbackWord is what the text of feedback starts with.
const feedbackWord = "readback receiver:"

// unshown are feedback, and the end of the connection, which some peers see before
// they end themselves.
var unshown = regexp.MustCompile(feedbackWord + `|"event":"close"|premature eof`)

// shownClock is what a script shows of a receipt's times, as text and as octets.
var shownClock = regexp.MustCompile(`date:\d{10}|646174653a(3\d){10}`)

// withoutClock answers query_sm with a date that does not change.
func withoutClock() simulator.Options {
	return simulator.Options{Answer: func(_ string, f smpp.Frame) ([]byte, bool) {
		if f.ID() != pdu.QuerySMID {
			return nil, false
		}
		return frame(pdu.QuerySMRespID, f.Seq(), cstrings("4A7F01", "260101000000000+"), []byte{2, 0}), true
	}}
}

// submitted makes a submit_sm for a script.
func submitted(more fields) fields {
	f := fields{
		"source_addr_ton": from.TON, "source_addr_npi": from.NPI, "source_addr": from.Addr,
		"dest_addr_ton": to.TON, "dest_addr_npi": to.NPI, "destination_addr": to.Addr,
	}
	for k, v := range more {
		f[k] = v
	}
	return f
}

// text messages that every script can send, and how many of them the gateway numbers.
var (
	scriptMessages = []fields{
		{"short_message": "Hello from another maker"},
		{"short_message": octets(ucs2("Здравствуйте")), "data_coding": 8, "registered_delivery": 1},
		{"short_message": octets([]byte("caf\xe9")), "data_coding": 3, "registered_delivery": 0x15},
		{"short_message": octets(append(unhex("05 00 03 2A 02 01"), "first part"...)), "esm_class": 0x40},
		{"short_message": octets(append(unhex("06 08 04 12 34 02 02"), "second part"...)), "esm_class": 0x43},
		{"short_message": strings.Repeat("full", 40)},
		{"short_message": octets(unhex("01 02 03 04")), "data_coding": 4},
		{"short_message": "", "message_payload": octets([]byte(strings.Repeat("payload ", 100)))},
		{"short_message": "", "message_payload": octets([]byte("short payload")), "user_message_reference": octets([]byte{0, 42})},
	}
	scriptNumbered = 7
)

// ucs2 encodes text of the basic plane.
func ucs2(text string) []byte {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r>>8), byte(r))
	}
	return b
}

// receipts counts the deliver_sm that a message's registered_delivery brings.
func receipts(m fields) int {
	if n, ok := m["registered_delivery"].(int); ok && n&1 != 0 {
		return 1
	}
	return 0
}

// converse binds as a transceiver, sends messages and takes what the SMSC sends.
// With the gateway, the first message is then read.
func (s script) converse(messages []fields, further func()) []string {
	s.w.Helper()
	s.bind("bind_transceiver")
	for _, m := range messages {
		s.do("submit_sm", submitted(m))
		for range receipts(m) {
			s.event(s.w.ctx, "request")
		}
	}
	if further != nil {
		further()
	}
	s.do("enquire_link", nil)
	for _, f := range []smpp.Frame{
		fromSMSC(0, "MO for another maker", nil),
		fromSMSC(0, "", func(m *simulator.ShortMessage) {
			m.ESMClass, m.UserData = smpp.ESMClassUDHI, append(unhex("05 00 03 64 02 01"), "first part"...)
		}),
		fromSMSC(0, "", func(m *simulator.ShortMessage) { m.DataCoding, m.UserData = 8, ucs2("Здравствуйте") }),
	} {
		s.w.deliver(f, smpp.StatusOK)
	}
	if s.w.gated() {
		s.w.readFirst()
	}
	return s.leave()
}

// readFirst has the receiver read message 1, and checks that the ESME is told of
// its message_id and says yes.
func (w *world) readFirst() {
	w.Helper()
	w.readAndCheck(from.Addr, to.Addr, 1, "4A7F01")
}

// oneWay binds as a transmitter and as a receiver.
func (w *world) oneWay(begin func() script) []string {
	w.Helper()
	tx := begin()
	tx.bind("bind_transmitter")
	tx.do("submit_sm", submitted(fields{"short_message": "one way"}))
	saw := tx.leave()
	rx := begin()
	rx.bind("bind_receiver")
	w.deliver(fromSMSC(0, "the other way", nil), smpp.StatusOK)
	if w.gated() {
		w.readFirst()
	}
	return append(saw, rx.leave()...)
}
