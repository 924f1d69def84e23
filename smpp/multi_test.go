package smpp

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
)

// Parts of a submit_multi, in hex.
const (
	multiHead = "4300 00 01 313036393030303100\n"                    // service_type, source_addr
	multiTail = "00 01 00 00 00 05 00 08 00 05" + hello + vendorTLVs // esm_class to the end
	toNumber  = "01 01 01 34343737303039303031323300\n"              // 447700900123
	toName    = "01 05 00 42616E6B00\n"                              // alphanumeric, Bank
	toList    = "02 737461666600\n"                                  // distribution list staff
	submitTo  = "01 01 34343737303039303031323300\n"                 // as in a submit_sm
	submitTo2 = "05 00 42616E6B00\n"                                 //
	toNothing = "01 00 00 00\n"                                      // an empty address
	toNoList  = "02 00\n"                                            //
)

func TestParseMulti(t *testing.T) {
	tests := []struct {
		name   string
		body   string
		field  string // that cannot be read; the message is well-formed if empty
		to     string
		splits bool
	}{
		{"one", multiHead + "01" + toNumber + multiTail, "", "1/1/447700900123", true},
		{"two", multiHead + "02" + toNumber + toName + multiTail, "", "1/1/447700900123 5/0/Bank", true},
		{"the same twice", multiHead + "02" + toNumber + toNumber + multiTail, "", "1/1/447700900123 1/1/447700900123", true},
		{"an empty address", multiHead + "01" + toNothing + multiTail, "", "0/0/", true},
		{"none", multiHead + "00" + multiTail, "", "", false},
		{"a list", multiHead + "01" + toList + multiTail, "", "", false},
		{"a list among others", multiHead + "03" + toNumber + toList + toName + multiTail, "", "1/1/447700900123 5/0/Bank", false},
		{"a list without name", multiHead + "01" + toNoList + multiTail, "", "", false},
		{"255", multiHead + "FF" + strings.Repeat(toName, 255) + multiTail, "", strings.TrimSpace(strings.Repeat("5/0/Bank ", 255)), true},
		{"no body", "", "service_type", "", false},
		{"no receivers", multiHead, "number_of_dests", "", false},
		{"fewer than said", multiHead + "02" + toNumber, "dest_flag", "", false},
		{"neither address nor list", multiHead + "01 03" + toNumber[2:] + multiTail, "dest_flag", "", false},
		{"flag 0", multiHead + "01 00" + toNumber[2:] + multiTail, "dest_flag", "", false},
		{"address without end", multiHead + "01 01 01 01 3434", "destination_addr", "", false},
		{"list without end", multiHead + "01 02 7374", "dl_name", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFrame(pdu.SubmitMultiID, 0, 7, string(octets(t, tt.body)))
			m, err := ParseMulti(f)
			if tt.field != "" {
				var bad *MessageError
				if !errors.As(err, &bad) || bad.Field != tt.field || bad.Offset < HeaderLen || bad.Offset > len(f) {
					t.Fatalf("got %v, want %s malformed", err, tt.field)
				}
				return
			}
			if err != nil {
				t.Fatalf("got %v, want none", err)
			}
			var to []string
			for _, a := range m.To {
				to = append(to, fmt.Sprintf("%d/%d/%s", a.TON, a.NPI, a.Addr))
			}
			if got := strings.Join(to, " "); got != tt.to || m.Splits() != tt.splits {
				t.Errorf("got %q, splits %t; want %q, %t", got, m.Splits(), tt.to, tt.splits)
			}
		})
	}
}

// Each receiver's submit_sm has all that the submit_multi has but the others.
func TestMultiAppendSubmitSM(t *testing.T) {
	f := newFrame(pdu.SubmitMultiID, 0, 9, string(octets(t, multiHead+"02"+toNumber+toName+multiTail)))
	before := bytes.Clone(f)
	m, err := ParseMulti(f)
	if err != nil {
		t.Fatal(err)
	}
	for i, to := range []string{submitTo, submitTo2} {
		want := newFrame(pdu.SubmitSMID, 0, 9, string(octets(t, multiHead+to+multiTail)))
		got := m.AppendSubmitSM([]byte("before"), i)
		if !bytes.Equal(got, append([]byte("before"), want...)) {
			t.Errorf("receiver %d: got\n% x, want\n% x", i, got, want)
		}
	}
	if !bytes.Equal(f, before) {
		t.Error("the frame itself was changed")
	}
}

// Who keeps an address keeps it when the frame is gone.
func TestAddressClone(t *testing.T) {
	b := []byte("447700900123")
	a := Address{1, 1, b}.Clone()
	clear(b)
	if a.TON != 1 || a.NPI != 1 || string(a.Addr) != "447700900123" {
		t.Errorf("got %v, want the address as it was", a)
	}
}

// A list of receivers that ends early is refused, wherever it does.
func TestParseMultiCut(t *testing.T) {
	head := octets(t, multiHead+"03"+toNumber+toList+toName)
	whole := newFrame(pdu.SubmitMultiID, 0, 7, string(octets(t, multiHead+"03"+toNumber+toList+toName+multiTail)))
	for i := HeaderLen; i <= len(whole); i++ {
		_, err := ParseMulti(whole[:i:i])
		var bad *MessageError
		if i >= HeaderLen+len(head) {
			if err != nil {
				t.Errorf("cut to %d octets, behind the receivers: got %v, want none", i, err)
			}
		} else if !errors.As(err, &bad) || bad.Offset > i {
			t.Errorf("cut to %d octets: got %v, want what is malformed", i, err)
		}
	}
}

// FuzzMulti holds that the parts of a submit_multi say what the whole does.
func FuzzMulti(f *testing.F) {
	f.Add(golden.Bytes(f, "submit_multi.txt", "in")[HeaderLen:])
	for _, to := range []string{"01" + toNumber, "02" + toNumber + toName, "02" + toNumber + toList, "00"} {
		f.Add(octets(f, multiHead+to+multiTail))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		frame := newFrame(pdu.SubmitMultiID, 0, 9, string(body))
		if len(frame) > MaxFrameLen {
			return
		}
		m, err := ParseMulti(frame)
		if err != nil {
			if m.Splits() {
				t.Fatal("what is malformed splits")
			}
			return
		}
		for i, to := range m.To {
			part := Frame(m.AppendSubmitSM(nil, i))
			r := NewReader(bytes.NewReader(part))
			if got, err := r.Next(); err != nil || !bytes.Equal(got, part) || part.ID() != pdu.SubmitSMID || part.Seq() != 9 {
				t.Fatalf("part %d: got % x, %v; want one submit_sm", i, got, err)
			}
			if !bytes.HasSuffix(part, frame[m.rest:]) || !bytes.Equal(part[HeaderLen:m.from], frame[HeaderLen:m.from]) {
				t.Fatalf("part %d: % x is not % x to one receiver", i, part, frame)
			}
			one, err := ParseMessage(part)
			if err != nil {
				continue // malformed behind the receivers, as the whole is
			}
			if one.To.TON != to.TON || one.To.NPI != to.NPI || !bytes.Equal(one.To.Addr, to.Addr) {
				t.Fatalf("part %d: got receiver %v, want %v", i, one.To, to)
			}
		}
	})
}
