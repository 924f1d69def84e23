//go:build e2e

package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"readback/internal/pcap"
	"readback/internal/simulator"
	"readback/internal/trace"
	"readback/smpp"
)

// TestTraceCapture has Wireshark read the file of a trace. It finds each PDU as SMPP between the ports of the sessions,
// each response with its request, and nothing wrong with the packets.
func TestTraceCapture(t *testing.T) {
	for _, full := range []bool{true, false} {
		t.Run(fmt.Sprintf("full %v", full), func(t *testing.T) {
			w := newWorld(t, true, &scenario{}, "")
			f := trace.Filter{Account: account, Full: full}
			tr, err := w.gateway.Trace(f)
			if err != nil {
				t.Fatal(err)
			}
			e := w.bindRaw(simulator.Bind{})
			e.call(submit(2, "Hello", nil))
			e.call(submit(3, "", func(m *simulator.ShortMessage) { m.DataCoding, m.UserData = 8, ucs2("Здравствуйте") }))
			e.call(submit(4, "", func(m *simulator.ShortMessage) {
				m.ESMClass, m.UserData = smpp.ESMClassUDHI, append(unhex("05 00 03 2A 02 01"), "first part"...)
			}))
			e.call(submit(5, "vendor TLVs", func(m *simulator.ShortMessage) { m.TLVs = oddTLVs }))
			w.readFirst()
			e.leave()
			w.stop()
			all := traced(tr)
			tr.Stop()
			for i, packet := range dissectTrace(t, all) {
				command := strings.ToLower(all[i].Command)
				if !strings.Contains(strings.ToLower(packet), "operation: "+command) && !strings.Contains(strings.ToLower(packet), strings.ReplaceAll(command, "_resp", " - resp")) {
					t.Errorf("PDU %d: no %s in\n%s", i, command, packet)
				}
				for _, bad := range []string{"Malformed", "Expert Info (Error", "Bad checksum", "incorrect", "Retransmission", "not captured"} {
					if strings.Contains(packet, bad) {
						t.Errorf("PDU %d, %s: %q in\n%s", i, command, bad, packet)
					}
				}
				if strings.Contains(packet, password) || !full && strings.Contains(packet, "Hello") {
					t.Errorf("PDU %d, %s: not hidden in\n%s", i, command, packet)
				}
			}
		})
	}
}

// traced returns what a trace has to show.
func traced(tr *trace.Trace) (all []*trace.PDU) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for p := tr.Next(ctx); p != nil; p = tr.Next(ctx) {
		all = append(all, p)
	}
	return all
}

// dissectTrace writes PDUs to a file, and returns what Wireshark says of each packet.
func dissectTrace(t *testing.T, all []*trace.PDU) []string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "trace.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	out, err := pcap.NewWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-r", file.Name(), "-V", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"}
	var ports []uint16
	for _, p := range all {
		from, to := p.Ends()
		if err := out.Write(p.Time, from, to, p.Octets); err != nil {
			t.Fatal(err)
		}
		port := p.Local.Port()
		if p.Side == "smsc" {
			port = p.Remote.Port()
		}
		if !slices.Contains(ports, port) {
			ports = append(ports, port)
			args = append(args, "-d", fmt.Sprintf("tcp.port==%d,smpp", port))
		}
	}
	if len(ports) != 2 {
		t.Errorf("got ports %v, want one of each side", ports)
	}
	tshark := exec.CommandContext(t.Context(), "tshark", args...)
	var stderr bytes.Buffer
	tshark.Stderr = &stderr
	text, err := tshark.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, stderr.String())
	}
	packets := strings.Split("\n"+string(text), "\nFrame ")[1:]
	if len(packets) != len(all) || len(all) < 20 {
		t.Fatalf("got %d packets of %d PDUs, want at least 20", len(packets), len(all))
	}
	return packets
}
