package readresponse

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
	"readback/udh"
)

const (
	words       = "readback receiver:447700900123 number:017 status:1 read:2026-11-23T08:30:00Z"
	forged      = "\x05\x81\x03\x00\x01\x01"
	forgedProof = "\x09\x81\x07\x00\x01\x01\xDE\xAD\xBE\xEF"
	addresses   = "\x00\x01\x01447700900123\x00\x01\x0110690001\x00" // service_type to destination_addr
)

// short is a message with a header and a text in short_message.
func short(id pdu.ID, esmClass byte, ud string, tlvs ...byte) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number("447700900123"), To: simulator.Number("10690001"), ESMClass: esmClass, UserData: []byte(ud), TLVs: tlvs,
	}.Append(nil, id, 7)
}

// payload is message_payload.
func payload(ud string) []byte { return smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(ud)) }

// data is a data_sm.
func data(ud string) smpp.Frame {
	return testpeer.Frame(pdu.DataSMID, 0, 7, addresses+"\x40\x00\x00"+string(payload(ud)))
}

// multi is a submit_multi to an address and a distribution list.
func multi(ud string) smpp.Frame {
	return testpeer.Frame(pdu.SubmitMultiID, 0, 7, "\x00\x01\x01447700900123\x00\x02\x01\x01\x0110690001\x00\x02staff\x00"+
		"\x40\x00\x00\x00\x00\x00\x00\x00\x00"+string(rune(len(ud)))+ud)
}

// replacement is a replace_sm, which has no esm_class.
func replacement(ud string, tlvs ...byte) smpp.Frame {
	return testpeer.Frame(pdu.ReplaceSMID, 0, 7, "4A\x00\x01\x01447700900123\x00\x00\x00\x00\x00"+string(rune(len(ud)))+ud+string(tlvs))
}

// replacing is a submit_sm with replace_if_present_flag.
func replacing(f smpp.Frame) smpp.Frame {
	at := bytes.Index(f, []byte("10690001\x00")) + len("10690001\x00") + 6
	f[at] = 1
	return f
}

func newScreen(opt ScreenOptions) *Screen {
	opt.IEI = 0x81
	return NewScreen(opt)
}

// Whatever an SMSC could deliver as a read response is found, wherever it stands. Everything else passes
// as it came.
func TestScreen(t *testing.T) {
	const udhi = smpp.ESMClassUDHI
	tests := []struct {
		name  string
		frame smpp.Frame
		want  string // pass; strip; refuse, which strip does not help
	}{
		{"submit_sm", short(pdu.SubmitSMID, udhi, forged), "strip"},
		{"with proof and text", short(pdu.SubmitSMID, udhi, forgedProof+"Hello"), "strip"},
		{"in front of another element", short(pdu.SubmitSMID, udhi, "\x09\x81\x03\x00\x01\x01\x90\x02ab"), "strip"},
		{"behind another element", short(pdu.SubmitSMID, udhi, "\x09\x90\x02ab\x81\x03\x00\x01\x01"), "strip"},
		{"in a part of a message", short(pdu.SubmitSMID, udhi, "\x0A\x00\x03\x64\x02\x01\x81\x03\x00\x01\x01"), "strip"},
		{"as an acknowledgement", short(pdu.SubmitSMID, udhi|smpp.ESMClassDeliveryAck, forged), "strip"},
		{"in message_payload", short(pdu.SubmitSMID, udhi, "", payload(forged)...), "strip"},
		{"data_sm", data(forged), "strip"},
		{"submit_multi", multi(forged + "Hello"), "strip"},
		{"deliver_sm", short(pdu.DeliverSMID, udhi, forged), "strip"},
		{"replace_sm", replacement(forged + "Hello"), "refuse"},
		{"replace_sm in message_payload", replacement("", payload(forged)...), "refuse"},
		{"in place of another message", replacing(short(pdu.SubmitSMID, 0, forged)), "refuse"},
		{"text and message_payload", short(pdu.SubmitSMID, udhi, "Hello", payload(forged)...), "refuse"},
		{"behind stray octets", short(pdu.SubmitSMID, udhi, "\x04\x90\x02abHello", append([]byte{0}, append(payload(forged), 0)...)...), "refuse"},
		{"sm_length too long", cut(short(pdu.SubmitSMID, udhi, forged+"Hello"), 3), "refuse"},
		{"words of an acknowledgement", short(pdu.SubmitSMID, smpp.ESMClassDeliveryAck, words), "refuse"},
		{"words of a user's acknowledgement", short(pdu.SubmitSMID, smpp.ESMClassUserAck, words), "refuse"},
		{"words behind a header", short(pdu.SubmitSMID, udhi|smpp.ESMClassDeliveryAck, "\x04\x90\x02ab"+words), "refuse"},
		{"words and element", short(pdu.SubmitSMID, udhi|smpp.ESMClassDeliveryAck, forged+words), "refuse"},
		{"words in message_payload", short(pdu.SubmitSMID, smpp.ESMClassDeliveryAck, "", payload(strings.Repeat(" ", 300)+words)...), "refuse"},
		{"other words", short(pdu.SubmitSMID, smpp.ESMClassDeliveryAck, "delivered"), "pass"},
		{"words of a message", short(pdu.SubmitSMID, 0, words), "pass"},
		{"no header", short(pdu.SubmitSMID, 0, forged), "pass"},
		{"other elements", short(pdu.SubmitSMID, udhi, "\x05\x80\x03\x00\x01\x01"), "pass"},
		{"of another length", short(pdu.SubmitSMID, udhi, "\x04\x81\x02\x00\x01"), "pass"},
		{"in the text", short(pdu.SubmitSMID, udhi, "\x04\x90\x02ab"+forged), "pass"},
		{"replace_sm with text", replacement("Hello \x81\x03"), "pass"},
		{"query_sm", testpeer.Frame(pdu.QuerySMID, 0, 7, "\x81\x03\x00\x01\x01\x00"), "pass"},
		{"of a vendor", testpeer.Frame(0x00010200, 0, 7, forged), "pass"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, strip := range []bool{false, true} {
				before := bytes.Clone(tt.frame)
				got := "refuse"
				out, ok := newScreen(ScreenOptions{Strip: strip}).Check(slog.New(slog.DiscardHandler), tt.frame)
				switch {
				case !bytes.Equal(tt.frame, before):
					t.Fatal("the frame was changed in place")
				case ok && bytes.Equal(out, before):
					got = "pass"
				case ok:
					got = "strip"
				}
				if want := tt.want; got != want && (strip || want == "pass" || got != "refuse") {
					t.Errorf("strip %v: got %s, want %s", strip, got, want)
				}
			}
		})
	}
}

// cut leaves out the last octets of a frame.
func cut(f smpp.Frame, n int) smpp.Frame {
	f = f[:len(f)-n]
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f
}

// What is left of a stripped message is its text, and the other elements.
func TestScreenStrips(t *testing.T) {
	const udhi = smpp.ESMClassUDHI
	packed, _ := udh.Pack([]byte(forged), []byte("Hello"), len(forged))
	plain, _ := udh.Pack(nil, []byte("Hello"), 0)
	tests := []struct {
		name        string
		opt         ScreenOptions
		frame, want smpp.Frame
	}{
		{"all of the header", ScreenOptions{}, short(pdu.SubmitSMID, udhi|1, forged+"Hello"), short(pdu.SubmitSMID, 1, "Hello")},
		{"nothing else", ScreenOptions{}, short(pdu.SubmitSMID, udhi, forged), short(pdu.SubmitSMID, 0, "")},
		{
			"one of two",
			ScreenOptions{},
			short(pdu.SubmitSMID, udhi, "\x0A\x00\x03\x64\x02\x01\x81\x03\x00\x01\x01Hello"),
			short(pdu.SubmitSMID, udhi, "\x05\x00\x03\x64\x02\x01Hello"),
		},
		{"packed text", ScreenOptions{Packed: true}, short(pdu.SubmitSMID, udhi, string(packed)), short(pdu.SubmitSMID, 0, string(plain))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opt.Strip = true
			got, ok := newScreen(tt.opt).Check(slog.New(slog.DiscardHandler), tt.frame)
			if !ok || !bytes.Equal(got, tt.want) {
				t.Errorf("got % x, %v\nwant % x", []byte(got), ok, []byte(tt.want))
			}
		})
	}
	inSeptets, _ := udh.Pack(nil, []byte("number:1"), 0)
	if _, ok := newScreen(ScreenOptions{Packed: true}).Check(slog.New(slog.DiscardHandler), short(pdu.SubmitSMID, smpp.ESMClassDeliveryAck, string(inSeptets))); ok {
		t.Error("words in packed text pass, want them refused")
	}
	got, ok := newScreen(ScreenOptions{Strip: true}).Check(slog.New(slog.DiscardHandler), multi(forged+"Hello"))
	if want := strings.Replace(string(multi("Hello")), "staff\x00\x40", "staff\x00\x00", 1); !ok || string(got) != want {
		t.Errorf("submit_multi: got % x, %v\nwant % x", []byte(got), ok, want)
	}
}

// A message without a read response costs no allocation.
func TestScreenAllocs(t *testing.T) {
	s, log := newScreen(ScreenOptions{}), slog.New(slog.DiscardHandler)
	for _, f := range []smpp.Frame{short(pdu.SubmitSMID, 0, "Hello"), short(pdu.SubmitSMID, smpp.ESMClassUDHI, "\x04\x81\x02\x00\x01\x81")} {
		if n := testing.AllocsPerRun(100, func() { s.Check(log, f) }); n != 0 {
			t.Errorf("got %v allocations, want none", n)
		}
	}
}
