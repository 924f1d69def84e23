//go:build e2e

package interop

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"readback/smpp"
)

// dissected is what Wireshark reads in one PDU.
type dissected struct {
	coding   string
	elements string // identifiers of the header's elements, in their order: "0x00,0x80"
	data     string // of those that Wireshark does not know, in hex: "0001"
	ref      string
	total    string
	seq      string
	count    string // of the parts, where they are put together
	body     string // behind the header, in hex; of all parts where they are put together
	message  string // with the header, in hex
	payload  string // the same of message_payload
	text     string
	sar      string // sar_msg_ref_num
	faults   string // malformed, or what an expert would say
}

// dissectedFields are the fields of dissected, in their order.
var dissectedFields = []string{
	"smpp.data_coding", "gsm_sms.ie_identifier", "gsm_sms.ie_data",
	"gsm_sms.udh.mm.msg_id", "gsm_sms.udh.mm.msg_parts", "gsm_sms.udh.mm.msg_part",
	"gsm_sms_ud.fragment.count", "gsm_sms_ud.short_msg", "smpp.message", "smpp.message_payload",
	"smpp.message_text", "smpp.sar_msg_ref_num", "_ws.expert.message", "_ws.malformed",
}

func newDissected(f []string) dissected {
	return dissected{
		coding: f[0], elements: f[1], data: f[2], ref: f[3], total: f[4], seq: f[5],
		count: f[6], body: f[7], message: f[8], payload: f[9], text: f[10], sar: f[11], faults: f[12] + f[13],
	}
}

// userData is what stands behind the header, as octets.
func (d dissected) userData() string {
	switch {
	case d.body != "" || d.elements != "":
		return d.body
	case d.message != "":
		return d.message
	}
	return d.payload
}

// dissectFields has Wireshark's dissectors of SMPP and of the SMS user data read PDUs.
func dissectFields(t *testing.T, all []smpp.Frame, packed bool) []dissected {
	t.Helper()
	pcap := filepath.Join(t.TempDir(), "frames.pcap")
	if err := writePCAP(pcap, all); err != nil {
		t.Fatal(err)
	}
	def, unpacked := "GSM 7-bit", "TRUE"
	if packed {
		def, unpacked = "GSM 7-bit (packed)", "FALSE"
	}
	args := []string{
		"-r", pcap, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
		"-o", "smpp.decode_sms_over_smpp:" + def, "-o", "smpp.gsm7_unpacked:" + unpacked,
	}
	for _, f := range dissectedFields {
		args = append(args, "-e", f)
	}
	cmd := exec.CommandContext(t.Context(), "tshark", args...)
	cmd.Stderr = new(strings.Builder)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("tshark (see install.sh): %v", err)
	}
	read := readDissected(t, out)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("tshark: %v\n%s", err, cmd.Stderr)
	}
	if len(read) != len(all) {
		t.Fatalf("packets: got %d, want %d", len(read), len(all))
	}
	return read
}

// readDissected reads a line for each PDU; tabs and newlines of a text are escaped in it.
func readDissected(t *testing.T, r io.Reader) []dissected {
	t.Helper()
	var all []dissected
	s := bufio.NewScanner(r)
	const longest = 1 << 20
	s.Buffer(nil, longest)
	for s.Scan() {
		f := strings.Split(s.Text(), "\t")
		if len(f) != len(dissectedFields) {
			t.Fatalf("tshark printed %q", s.Text())
		}
		all = append(all, newDissected(f))
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// writePCAP writes PDUs to a capture, each as a packet that names its dissector (link
// type WIRESHARK_UPPER_PDU), with no TCP below it.
func writePCAP(path string, all []smpp.Frame) error {
	const upperPDU, snapLen = 252, 256 << 10
	name := []byte("\x00\x0C\x00\x04smpp\x00\x00\x00\x00") // tag 12, the dissector; tag 0, the end
	b := binary.LittleEndian.AppendUint32(nil, 0xA1B2C3D4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0) // version 2.4, time zone
	b = binary.LittleEndian.AppendUint32(b, snapLen)
	b = binary.LittleEndian.AppendUint32(b, upperPDU)
	for i, f := range all {
		for _, v := range []int{i, 0, len(name) + len(f), len(name) + len(f)} { // time, lengths
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
		b = append(append(b, name...), f...)
	}
	return os.WriteFile(path, b, 0o600)
}

// plainHex is hex without what separates the octets.
func plainHex(s string) string { return strings.NewReplacer(":", "", ",", "").Replace(s) }
