//go:build e2e

package interop

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// dissect has Wireshark's dissectors read PDUs, each in a TCP segment of its own,
// and returns what they print of each.
func dissect(t *testing.T, all []smpp.Frame) []string {
	t.Helper()
	pcap := filepath.Join(t.TempDir(), "gateway.pcap")
	var dump strings.Builder
	for _, f := range all {
		fmt.Fprintf(&dump, "000000 % x\n", []byte(f))
	}
	convert := exec.CommandContext(t.Context(), "text2pcap", "-q", "-T", "40000,2775", "-", pcap)
	convert.Stdin = strings.NewReader(dump.String())
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("text2pcap (see install.sh): %v\n%s", err, out)
	}
	tshark := exec.CommandContext(t.Context(), "tshark", "-r", pcap, "-d", "tcp.port==2775,smpp", "-V")
	var stderr bytes.Buffer
	tshark.Stderr = &stderr
	out, err := tshark.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, stderr.String())
	}
	packets := strings.Split("\n"+string(out), "\nFrame ")[1:]
	if len(packets) != len(all) {
		t.Fatalf("packets: got %d, want %d", len(packets), len(all))
	}
	return packets
}

// TestWireshark has Wireshark read what leaves the gateway.
func TestWireshark(t *testing.T) {
	w := newWorld(t, true, &scenario{}, "")
	e := w.bindRaw(simulator.Bind{})
	messages := []smpp.Frame{
		submit(2, "Hello", nil),
		submit(3, "", func(m *simulator.ShortMessage) { m.DataCoding, m.UserData = 8, ucs2("Здравствуйте") }),
		submit(4, "", func(m *simulator.ShortMessage) {
			m.ESMClass, m.UserData = smpp.ESMClassUDHI, append(unhex("05 00 03 2A 02 01"), "first part"...)
		}),
		submit(5, "", func(m *simulator.ShortMessage) { m.TLVs = tlv(smpp.TagMessagePayload, "payload") }),
		submit(6, "vendor TLVs", func(m *simulator.ShortMessage) { m.TLVs = oddTLVs }),
	}
	for _, f := range messages {
		e.call(f)
	}
	w.readFirst()
	e.leave()
	w.stop()

	sent := slices.DeleteFunc(w.back.traffic(t)[0].up, func(f smpp.Frame) bool { return f.ID() != pdu.SubmitSMID })
	if len(sent) != len(messages) {
		t.Fatalf("messages: got %d, want %d", len(sent), len(messages))
	}
	for i, packet := range dissect(t, sent) {
		for _, want := range []string{
			"Operation: Submit_sm", "UDHI indicator (0x1)", "IE: SME to SME specific use",
			fmt.Sprintf("IE Data: %04x", i+1), // the first number is 1
		} {
			if !strings.Contains(packet, want) {
				t.Errorf("message %d: no %q in\n%s", i+1, want, packet)
			}
		}
		for _, bad := range []string{"Malformed", "Expert Info (Error", "Expert Info (Warning"} {
			if strings.Contains(packet, bad) {
				t.Errorf("message %d: %q in\n%s", i+1, bad, packet)
			}
		}
	}
}
