package smpp

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// The mandatory fields in their order, and a message in which each has one octet.
const (
	addressFields = "service_type source_addr_ton source_addr_npi source_addr dest_addr_ton dest_addr_npi destination_addr esm_class "
	shortFields   = addressFields + "protocol_id priority_flag schedule_delivery_time validity_period registered_delivery " +
		"replace_if_present_flag data_coding sm_default_msg_id sm_length"
	dataFields = addressFields + "registered_delivery data_coding"
)

// An error names a missing field and its place, field by field.
func TestParseMessageWhere(t *testing.T) {
	for id, names := range map[pdu.ID]string{pdu.SubmitSMID: shortFields, pdu.DeliverSMID: shortFields, pdu.DataSMID: dataFields} {
		fields := strings.Fields(names)
		whole := newFrame(id, 0, 1, string(make([]byte, len(fields))))
		if _, err := ParseMessage(whole); err != nil {
			t.Errorf("%s, whole: got %v", Command(id), err)
		}
		for i, field := range fields {
			_, err := ParseMessage(whole[:HeaderLen+i])
			var bad *MessageError
			if !errors.As(err, &bad) || *bad != (MessageError{field, HeaderLen + i}) {
				t.Errorf("%s without the last %d: got %v, want %s at %d", Command(id), len(fields)-i, err, field, HeaderLen+i)
			}
		}
	}
}

// An error names the place of what is wrong behind the mandatory fields, too.
func TestParseMessageWhereBehind(t *testing.T) {
	short := strings.Repeat("00", 16)
	for _, tt := range []struct {
		name, body string
		want       MessageError
	}{
		{"text", short + "02 41", MessageError{"short_message", 33}},
		{"both used", short + "01 41" + reference + "0424 0001 42", MessageError{"message_payload", 40}},
		{"payload twice", short + "00 1520 0001 01 0424 0001 41 0424 0001 42", MessageError{"message_payload", 43}},
		{"stray octets", short + "00" + reference + "0000 00", MessageError{"optional parameters", 39}},
		{"a parameter cut short", short + "00" + reference + "0424 0002 41", MessageError{"optional parameters", 39}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseMessage(newFrame(pdu.SubmitSMID, 0, 1, string(octets(t, tt.body))))
			var bad *MessageError
			if !errors.As(err, &bad) || *bad != tt.want {
				t.Errorf("got %v, want %v", err, &tt.want)
			}
		})
	}
	if got, want := (&MessageError{"sm_length", 32}).Error(), "sm_length at octet 32 is malformed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// sm_default_msg_id stands before sm_length; a data_sm has none.
func TestDefaultMessageID(t *testing.T) {
	for _, tt := range []struct {
		id   pdu.ID
		body string
		want byte
	}{
		{pdu.SubmitSMID, "00 00 00 00 00 00 00 05 06 07 00 00 08 09 0A 0B 01 41", 0x0B},
		{pdu.SubmitSMID, "00 00 00 00 00 00 00 05 06 07 00 00 08 09 0A 00 01 41", 0},
		{pdu.DataSMID, "00 00 00 00 00 00 00 05 08 0A", 0},
	} {
		m, err := ParseMessage(newFrame(tt.id, 0, 1, string(octets(t, tt.body))))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.DefaultMessageID(); got != tt.want {
			t.Errorf("%s: got %#x, want %#x", Command(tt.id), got, tt.want)
		}
	}
}

// A changed message may be as long as a PDU may be, and no longer.
func TestAppendChangedLength(t *testing.T) {
	for over, want := range []bool{true, false} {
		filler := AppendTLV(nil, 0x1400, make([]byte, 1000))
		body := make([]byte, len(strings.Fields(dataFields)))
		body = append(append(body, filler...), AppendTLV(nil, TagMessagePayload, []byte("Hello"))...)
		m, err := ParseMessage(newFrame(pdu.DataSMID, 0, 1, string(body)))
		if err != nil {
			t.Fatal(err)
		}
		n := MaxFrameLen - (len(m.Frame) - len("Hello")) + over
		f, ok := m.AppendUserData(nil, bytes.Repeat([]byte("x"), n), 0, 0)
		if ok != want || ok && f.Len() != MaxFrameLen {
			t.Errorf("%d octets of text: got a PDU of %d, %v; want %v", n, f.Len(), ok, want)
		}
	}
}
