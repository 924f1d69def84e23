package trace

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

const (
	subscriber = "447700900101"
	words      = "Hello you"
)

// Bodies of PDUs that name the subscriber, and what is said to it.
var (
	submitBody  = "\x00\x05\x00BANK\x00\x01\x01" + subscriber + "\x00\x40\x00\x00\x00\x00\x05\x00\x00\x00\x10\x06\x80\x02\x01\x01" + "\x99" + words + "!"
	bindBody    = "bank\x00opensesame\x00vms\x00\x34\x00\x00" + subscriber + "\x00"
	receiptBody = "\x00\x01\x01" + subscriber + "\x00\x00\x0110690001\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x31" +
		"id:A1 stat:DELIVRD err:000 text:" + words + " 1234567" + "\x00\x1e\x00\x03A1\x00" + "\x00\x42\x03\x81"
)

// bodies are such PDUs. The first three can be read as a whole.
func bodies() []smpp.Frame {
	payload := "\x04\x24\x00\x09" + words
	return []smpp.Frame{
		testpeer.Frame(pdu.SubmitSMID, 0, 7, strings.Replace(submitBody, "\x10\x06\x80\x02\x01\x01\x99", "\x0f\x04\x80\x02\x01\x01", 1)),
		testpeer.Frame(pdu.DataSMID, 0, 8, "\x00\x05\x00BANK\x00\x01\x01"+subscriber+"\x00\x00\x05\x00"+payload),
		testpeer.Frame(pdu.SubmitMultiID, 0, 9, "\x00\x05\x00BANK\x00\x01\x01\x01\x01"+subscriber+"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"+words),
		testpeer.Frame(pdu.BindTransceiverID, 0, 1, bindBody),
		testpeer.Frame(0x00010200, 0, 2, subscriber+words),
		testpeer.Frame(pdu.SubmitSMID, 0, 3, submitBody),
		testpeer.Frame(pdu.DeliverSMID, 0, 3, receiptBody+subscriber+words),
		testpeer.Frame(pdu.SubmitSMID, 0, 4, "\x00\x05\x00BANK\x00\x01\x01"+subscriber),
	}
}

// What says something of a subscriber is overwritten, wherever a PDU ends, and nothing moves. A password is
// overwritten always.
func TestHide(t *testing.T) {
	for _, whole := range bodies() {
		for n := smpp.HeaderLen; n <= len(whole); n++ {
			for _, full := range []bool{false, true} {
				f := slices.Clone(whole[:n])
				p := walk(f)
				hide(f, &p, full)
				shown := string(f) + " " + strings.Join(shownValues(f, &p, full), " ")
				if strings.Contains(shown, "sesame") {
					t.Fatalf("%s cut at %d, full %v: the password is shown: %q", smpp.Command(f.ID()), n, full, shown)
				}
				if !full && (strings.Contains(shown, subscriber[4:9]) || strings.Contains(shown, words[:5])) {
					t.Fatalf("%s cut at %d: got %q", smpp.Command(f.ID()), n, shown)
				}
				if len(f) != n || !bytes.Equal(f[:smpp.HeaderLen], whole[:smpp.HeaderLen]) {
					t.Fatalf("%s cut at %d: got % x", smpp.Command(f.ID()), n, f)
				}
			}
		}
	}
}

func shownValues(f smpp.Frame, p *parts, full bool) (all []string) {
	for _, v := range values(f, p, udh.GSM7, full) {
		all = append(all, v.Name+"="+v.Value)
	}
	return all
}

// In full, all fields are shown, and the text is decoded.
func TestValues(t *testing.T) {
	for i, want := range []string{
		"service_type= source_addr_ton=5 source_addr_npi=0 source_addr=BANK dest_addr_ton=1 dest_addr_npi=1 destination_addr=447700900101 " +
			"esm_class=0x40 protocol_id=0x00 priority_flag=0 schedule_delivery_time= validity_period= registered_delivery=0x05 " +
			"replace_if_present_flag=0 data_coding=0x00 sm_default_msg_id=0 udh=0480020101 short_message=Hello you!",
		"service_type= source_addr_ton=5 source_addr_npi=0 source_addr=BANK dest_addr_ton=1 dest_addr_npi=1 destination_addr=447700900101 " +
			"esm_class=0x00 registered_delivery=0x05 data_coding=0x00 message_payload=Hello you",
		"service_type= source_addr_ton=5 source_addr_npi=0 source_addr=BANK dest_addr_ton=1 dest_addr_npi=1 destination_addr=447700900101 " +
			"esm_class=0x00 protocol_id=0x00 priority_flag=0 schedule_delivery_time= validity_period= registered_delivery=0x00 " +
			"replace_if_present_flag=0 data_coding=0x00 sm_default_msg_id=0 short_message=Hello you",
		"system_id=bank password=********** system_type=vms interface_version=0x34 addr_ton=0 addr_npi=0 address_range=447700900101",
		"octets=34343737303039303031303148656c6c6f20796f75",
	} {
		f := bodies()[i]
		p := walk(f)
		hide(f, &p, true)
		if got := strings.Join(shownValues(f, &p, true), " "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", smpp.Command(f.ID()), got, want)
		}
	}
}

// Masked, short codes and names of senders are shown, and what a message is made of.
func TestMaskedValues(t *testing.T) {
	f := testpeer.Frame(pdu.DeliverSMID, 0, 3, receiptBody)
	p := walk(f)
	hide(f, &p, false)
	got := strings.Join(shownValues(f, &p, false), " ")
	for _, want := range []string{"source_addr=447********1 ", "destination_addr=10690001 ", "short_message=(49 octets)", "receipted_message_id=A1"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Whatever a PDU is, its parts are within it, and hiding keeps its length.
func FuzzWalk(f *testing.F) {
	for _, b := range bodies() {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < smpp.HeaderLen {
			return
		}
		frame := smpp.Frame(b)
		p := walk(frame)
		for _, q := range p.all {
			if q.at < smpp.HeaderLen || q.end < q.at || q.end > len(b) {
				t.Fatalf("got %+v of % x", q, b)
			}
		}
		hide(frame, &p, false)
		values(frame, &p, udh.GSM7, true)
		receiptValues(frame)
	})
}

// A receiver is masked also if its number is as short as a short code, and a sender if it may be a subscriber.
func TestHideAddresses(t *testing.T) {
	const short, long = "99123456", "447700900101"
	for _, tt := range []struct {
		id       pdu.ID
		from, to string
		want     string
	}{
		{pdu.SubmitSMID, short, short, "99123456 > 991****6"},
		{pdu.SubmitSMID, long, long, "447********1 > 447********1"},
		{pdu.SubmitSMID, "BANK", "M\xfcller", "BANK > Mül**r"},
		{pdu.DeliverSMID, short, short, "991****6 > 99123456"},
		{pdu.DeliverSMID, long, "1234", "447********1 > 1234"},
		{pdu.DataSMID, short, short, "991****6 > 991****6"},
	} {
		f := testpeer.Frame(tt.id, 0, 1, "\x00\x00\x01"+tt.from+"\x00\x00\x01"+tt.to+"\x00"+strings.Repeat("\x00", 12))
		p := walk(f)
		hide(f, &p, false)
		got := message.Shown(string(p.find(f, "source_addr"))) + " > " + message.Shown(string(p.find(f, "destination_addr")))
		if got != tt.want {
			t.Errorf("%s from %s to %s: got %s, want %s", smpp.Command(tt.id), tt.from, tt.to, got, tt.want)
		}
	}
}
