package smpp

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// octets reads hex as people write it: blanks anywhere, and comments from # to
// the end of the line.
func octets(t testing.TB, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatalf("hex in test: %v", err)
	}
	return b
}

// newFrame makes a PDU of body.
func newFrame(id pdu.ID, status pdu.Status, seq uint32, body string) Frame {
	return append(AppendHeader(nil, id, status, seq, len(body)), body...)
}

func TestFrame(t *testing.T) {
	f := Frame(octets(t, `
		00000013  # command_length
		80000004  # command_id: submit_sm_resp
		00000058  # command_status: ESME_RTHROTTLED
		40000001  # sequence_number
		414200    # message_id "AB"`))
	if got, want := f.Len(), 19; got != want {
		t.Errorf("Len: got %d, want %d", got, want)
	}
	if got, want := f.ID(), pdu.SubmitSMRespID; got != want {
		t.Errorf("ID: got %#x, want %#x", uint32(got), uint32(want))
	}
	if got, want := f.Status(), StatusThrottled; got != want {
		t.Errorf("Status: got %#x, want %#x", uint32(got), uint32(want))
	}
	if got, want := f.Seq(), uint32(OwnSeq+1); got != want {
		t.Errorf("Seq: got %#x, want %#x", got, want)
	}
	if got, want := string(f.Body()), "AB\x00"; got != want {
		t.Errorf("Body: got %q, want %q", got, want)
	}
	if !f.IsResponse() {
		t.Error("IsResponse: got false, want true")
	}
	f.SetSeq(0x01020304)
	if got, want := []byte(f[12:16]), []byte{1, 2, 3, 4}; !bytes.Equal(got, want) {
		t.Errorf("SetSeq: got % x, want % x", got, want)
	}
	if got := newFrame(f.ID(), f.Status(), f.Seq(), string(f.Body())); !bytes.Equal(got, f) {
		t.Errorf("AppendHeader: got % x, want % x", got, f)
	}
}

func TestAppendRefusal(t *testing.T) {
	tests := []struct {
		name string
		id   pdu.ID
		want string
	}{
		{"submit_sm has no body", pdu.SubmitSMID, "00000010 80000004 00000008 00000007"},
		{"unknown has no body", 0x00010201, "00000010 80010201 00000008 00000007"},
		{"data_sm has an empty message_id", pdu.DataSMID, "00000011 80000103 00000008 00000007 00"},
		{"query_sm has four fields", pdu.QuerySMID, "00000014 80000003 00000008 00000007 00000000"},
		{"submit_multi has two fields", pdu.SubmitMultiID, "00000012 80000021 00000008 00000007 0000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, want := AppendRefusal([]byte("before"), tt.id, StatusSysErr, 7), octets(t, tt.want)
			if !bytes.Equal(got, append([]byte("before"), want...)) {
				t.Errorf("got % x, want % x", got[6:], want)
			}
		})
	}
}

func TestMessageID(t *testing.T) {
	for body, want := range map[string]string{"": "", "\x00": "", "A": "A", "4A7F01\x00": "4A7F01", "A\x00\x04\x28\x00\x01\x63": "A"} {
		if got := MessageID(newFrame(pdu.SubmitSMRespID, StatusOK, 1, body)); string(got) != want {
			t.Errorf("body % x: got %q, want %q", body, got, want)
		}
	}
}

func TestTLVs(t *testing.T) {
	tests := []struct {
		name string
		in   string
		tags []uint16
		rest int
	}{
		{"none", "", nil, 0},
		{"one", "0204 0002 002a", []uint16{0x204}, 0},
		{"empty value", "130c 0000", []uint16{0x130c}, 0},
		{"order and duplicates stay", "1520 0001 01 0204 0001 02 1520 0001 03", []uint16{0x1520, 0x204, 0x1520}, 0},
		{"cut in the header", "0204 0001 02 02", []uint16{0x204}, 1},
		{"cut in the value", "0204 0001 02 0204 0002 02", []uint16{0x204}, 5},
		{"runs far over the end", "0424 ffff 00", nil, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := octets(t, tt.in)
			r := TLVs(b)
			var got []uint16
			var again []byte
			for tlv, ok := r.Next(); ok; tlv, ok = r.Next() {
				if tlv.Offset != len(again) {
					t.Errorf("offset: got %d, want %d", tlv.Offset, len(again))
				}
				got = append(got, uint16(tlv.Tag))
				again = AppendTLV(again, tlv.Tag, tlv.Value)
			}
			if len(got) != len(tt.tags) {
				t.Fatalf("tags: got %x, want %x", got, tt.tags)
			}
			for i := range got {
				if got[i] != tt.tags[i] {
					t.Errorf("tags: got %x, want %x", got, tt.tags)
				}
			}
			if r.Rest() != tt.rest {
				t.Errorf("rest: got %d, want %d", r.Rest(), tt.rest)
			}
			if again = append(again, b[len(b)-r.Rest():]...); !bytes.Equal(again, b) {
				t.Errorf("appended again: got % x, want % x", again, b)
			}
		})
	}
}
