package smpp

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
)

// Parts of messages, in hex.
const (
	addresses = `00                             # service_type
		00 01 313036393030303100               # source_addr 10690001
		01 01 34343737303039303031323300        # destination_addr 447700900123
`
	shortHead  = addresses + "00 00 00 00 00 05 00 00 00\n" // esm_class to sm_default_msg_id
	dataHead   = addresses + "00 05 00\n"                   // esm_class, registered_delivery, data_coding
	hello      = "48656C6C6F\n"
	payload    = "0424 0005" + hello
	reference  = "0204 0002 002A\n"
	vendorTLVs = "1520 0001 01 1400 0000 1520 0001 02\n"
)

func TestParseMessage(t *testing.T) {
	tests := []struct {
		name    string
		id      pdu.ID
		body    string
		field   string // that cannot be read; the message is well-formed if empty
		payload bool
		ud      string
	}{
		{"short_message", pdu.SubmitSMID, shortHead + "05" + hello, "", false, "Hello"},
		{"deliver_sm", pdu.DeliverSMID, shortHead + "05" + hello + reference, "", false, "Hello"},
		{"no text at all", pdu.SubmitSMID, shortHead + "00" + reference, "", false, ""},
		{"payload", pdu.SubmitSMID, shortHead + "00" + payload, "", true, "Hello"},
		{"payload among others", pdu.DeliverSMID, shortHead + "00" + vendorTLVs + payload + reference, "", true, "Hello"},
		{"payload that is empty", pdu.SubmitSMID, shortHead + "00 0424 0000", "", true, ""},
		{"data_sm", pdu.DataSMID, dataHead + reference + payload, "", true, "Hello"},
		{"data_sm without text", pdu.DataSMID, dataHead, "", false, ""},
		{"vendor TLVs twice", pdu.SubmitSMID, shortHead + "05" + hello + vendorTLVs, "", false, "Hello"},
		{"stray octets behind a text", pdu.SubmitSMID, shortHead + "05" + hello + "0000 00", "", false, "Hello"},
		{"NUL behind a text", pdu.SubmitSMID, shortHead + "05" + hello + "00", "", false, "Hello"},
		{"NUL and parameters behind a text", pdu.DeliverSMID, shortHead + "05" + hello + "00" + reference, "", false, "Hello"},
		{"NUL in place of a text", pdu.SubmitSMID, shortHead + "00 00" + reference, "", false, ""},
		{"NUL and payload", pdu.SubmitSMID, shortHead + "00 00" + reference + payload, "", true, "Hello"},
		{"NUL, and both used", pdu.SubmitSMID, shortHead + "05" + hello + "00" + payload, "message_payload", false, ""},
		{"NUL in data_sm", pdu.DataSMID, dataHead + "00" + payload, "optional parameters", false, ""},
		{"stray octets without text", pdu.SubmitSMID, shortHead + "00 0000 00", "optional parameters", false, ""},
		{"stray octets in data_sm", pdu.DataSMID, dataHead + payload + "00", "optional parameters", false, ""},
		{"payload runs over the end", pdu.SubmitSMID, shortHead + "00 0424 0006" + hello, "optional parameters", false, ""},
		{"both used", pdu.SubmitSMID, shortHead + "05" + hello + payload, "message_payload", false, ""},
		{"payload twice", pdu.DataSMID, dataHead + payload + payload, "message_payload", false, ""},
		{"sm_length runs over the end", pdu.SubmitSMID, shortHead + "06" + hello, "short_message", false, ""},
		{"no body", pdu.SubmitSMID, "", "service_type", false, ""},
		{"address without end", pdu.SubmitSMID, "00 00 01 3130", "source_addr", false, ""},
		{"cut before sm_length", pdu.SubmitSMID, shortHead, "sm_length", false, ""},
		{"cut before data_coding", pdu.DataSMID, addresses + "00 05", "data_coding", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFrame(tt.id, 0, 7, string(octets(t, tt.body)))
			m, err := ParseMessage(f)
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
			if got := string(m.UserData()); got != tt.ud || m.HasPayload() != tt.payload {
				t.Errorf("user data: got %q in payload %v, want %q, %v", got, m.HasPayload(), tt.ud, tt.payload)
			}
			if m.From.NPI != 1 || string(m.From.Addr) != "10690001" || m.To.TON != 1 || string(m.To.Addr) != "447700900123" {
				t.Errorf("addresses: got %q and %q", m.From, m.To)
			}
			if got := m.RegisteredDelivery(); got != 5 {
				t.Errorf("registered_delivery: got %d, want 5", got)
			}
		})
	}
}

// Every field has its own value, so that none is taken for another.
func TestMessageFields(t *testing.T) {
	short := newFrame(pdu.SubmitSMID, 0, 1, string(octets(t, `414200 01 02 4300 03 04 4400 45 06 07 4600 4700 08 09 0A 0B 01 FF`)))
	data := newFrame(pdu.DataSMID, 0, 1, string(octets(t, `414200 01 02 4300 03 04 4400 05 08 0A`)))
	tests := []struct {
		name  string
		frame Frame
		want  [5]byte // esm_class, protocol_id, registered_delivery, replace_if_present, data_coding
		udh   bool
	}{
		{"submit_sm", short, [5]byte{0x45, 6, 8, 9, 0xA}, true},
		{"data_sm", data, [5]byte{5, 0, 8, 0, 0xA}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := ParseMessage(tt.frame)
			if err != nil {
				t.Fatal(err)
			}
			got := [5]byte{m.ESMClass(), m.ProtocolID(), m.RegisteredDelivery(), m.ReplaceIfPresent(), m.DataCoding()}
			if got != tt.want || m.HasUDH() != tt.udh {
				t.Errorf("got % x, UDH %v; want % x, %v", got, m.HasUDH(), tt.want, tt.udh)
			}
			if m.From.TON != 1 || m.From.NPI != 2 || m.To.TON != 3 || m.To.NPI != 4 {
				t.Errorf("addresses: got %v and %v", m.From, m.To)
			}
		})
	}
}

// A PDU that ends early is refused or, where it may end, read: never more.
func TestParseMessageCut(t *testing.T) {
	for _, g := range golden.All(t) {
		if !isMessage(g.In) {
			continue
		}
		for i := HeaderLen; i <= len(g.In); i++ {
			f := Frame(g.In[:i:i])
			m, err := ParseMessage(f)
			if err != nil {
				continue
			}
			if n := len(m.UserData()); n > i-HeaderLen {
				t.Errorf("%s cut to %d octets: user data of %d", g.Name, i, n)
			}
			if got, ok := m.AppendUserData(nil, m.UserData(), m.ESMClass(), m.RegisteredDelivery()); ok && !bytes.Equal(got[4:], f[4:]) {
				t.Errorf("%s cut to %d octets: got % x, want % x", g.Name, i, got, f)
			}
		}
	}
}

func isMessage(f Frame) bool {
	return f.ID() == pdu.SubmitSMID || f.ID() == pdu.DataSMID || f.ID() == pdu.DeliverSMID
}

// The golden pairs differ by what AppendUserData changes, and by nothing else.
func TestAppendUserDataGolden(t *testing.T) {
	pairs := 0
	for _, g := range golden.All(t) {
		if !isMessage(g.In) || g.Out == nil {
			continue
		}
		pairs++
		before := bytes.Clone(g.In)
		in, err := ParseMessage(g.In)
		if err != nil {
			t.Fatalf("%s, in: %v", g.Name, err)
		}
		out, err := ParseMessage(g.Out)
		if err != nil {
			t.Fatalf("%s, out: %v", g.Name, err)
		}
		got, ok := in.AppendUserData([]byte("before"), out.UserData(), out.ESMClass(), out.RegisteredDelivery())
		if !ok || !bytes.Equal(got, g.Out) {
			t.Errorf("%s: got % x, want % x", g.Name, got, g.Out)
		}
		back, ok := out.AppendUserData(nil, in.UserData(), in.ESMClass(), in.RegisteredDelivery())
		if !ok || !bytes.Equal(back, g.In) {
			t.Errorf("%s, back again: got % x, want % x", g.Name, back, g.In)
		}
		if !bytes.Equal(g.In, before) {
			t.Errorf("%s: the frame itself was changed", g.Name)
		}
	}
	if pairs == 0 {
		t.Error("no golden pair was compared")
	}
}

func TestAppendUserDataRoom(t *testing.T) {
	parse := func(id pdu.ID, body string) Message {
		m, err := ParseMessage(newFrame(id, 0, 7, string(octets(t, body))))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	short := parse(pdu.SubmitSMID, shortHead+"05"+hello)
	long := parse(pdu.DataSMID, dataHead+payload)
	padded := parse(pdu.DataSMID, dataHead+payload+"1400 0400"+string(bytes.Repeat([]byte("00"), 1024)))
	tests := []struct {
		name string
		m    Message
		n    int
		want bool
	}{
		{"short_message, full", short, MaxShortMessage, true},
		{"short_message, one over", short, MaxShortMessage + 1, false},
		{"message_payload, full", long, 1<<16 - 1, true},
		{"message_payload, one over", long, 1 << 16, false},
		{"PDU over its limit", padded, 1<<16 - 1, false},
		{"data_sm without payload", parse(pdu.DataSMID, dataHead), 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ud := bytes.Repeat([]byte("x"), tt.n)
			f, ok := tt.m.AppendUserData(nil, ud, 0, 0)
			if ok != tt.want {
				t.Fatalf("ok: got %v, want %v", ok, tt.want)
			}
			if !ok {
				return
			}
			m, err := ParseMessage(f)
			if err != nil || !bytes.Equal(m.UserData(), ud) {
				t.Errorf("got %d octets of user data (%v), want %d", len(m.UserData()), err, tt.n)
			}
		})
	}
}

// TestAppendChangedTLVs leaves out a parameter and changes another, with the text in either
// field and stray octets at the end.
func TestAppendChangedTLVs(t *testing.T) {
	sar := AppendTLV(nil, TagSarMsgRefNum, []byte{0, 9})
	reference := AppendTLV(nil, TagUserMessageReference, []byte{0, 42})
	tlvs := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	payload := func(s string) []byte { return AppendTLV(nil, TagMessagePayload, []byte(s)) }
	change := func(tlv TLV) ([]byte, bool) {
		if tlv.Tag == TagUserMessageReference {
			return []byte{0, 43, 44}, true
		}
		return tlv.Value, tlv.Tag != TagSarMsgRefNum
	}
	changed := AppendTLV(nil, TagUserMessageReference, []byte{0, 43, 44})
	for _, tt := range []struct {
		name        string
		short, long string
		in, want    []byte
	}{
		{"short_message", "Hello", "Hello, world", tlvs(reference, sar, []byte{1, 2}), tlvs(changed, []byte{1, 2})},
		{"short_message with a NUL", "Hello", "Hello, world", tlvs([]byte{0}, reference, sar), tlvs([]byte{0}, changed)},
		{"message_payload", "", "", tlvs(sar, payload("Hello"), reference), tlvs(payload("Hello, world"), changed)},
		{"message_payload behind a NUL", "", "", tlvs([]byte{0}, sar, payload("Hello")), tlvs([]byte{0}, payload("Hello, world"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := ParseMessage(shortMessage(tt.short, tt.in))
			if err != nil {
				t.Fatal(err)
			}
			got, ok := m.AppendChanged([]byte("dst"), Change{UserData: []byte("Hello, world"), TLV: change})
			if want := shortMessage(tt.long, tt.want); !ok || !bytes.Equal(got, want) {
				t.Errorf("got\n% x %v, want\n% x", []byte(got), ok, []byte(want))
			}
		})
	}
}

// shortMessage is a submit_sm with a text and what stands behind it.
func shortMessage(text string, rest []byte) Frame {
	body := "\x00\x00\x0010690001\x00\x01\x01447700900101\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		string(byte(len(text))) + text + string(rest)
	return append(AppendHeader(nil, pdu.SubmitSMID, 0, 1, len(body)), body...)
}
