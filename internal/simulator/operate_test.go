package simulator

import (
	"fmt"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/smpp/receipt"
)

func TestMessageIDs(t *testing.T) {
	for _, tt := range []struct {
		name    string
		decimal bool
		want    string
	}{{"hexadecimal", false, "4A7F01 4A7F02"}, {"decimal", true, "4882177 4882178"}} {
		t.Run(tt.name, func(t *testing.T) {
			_, addr := startSMSC(t, Options{DecimalIDs: tt.decimal})
			e := openESME(t, addr, ESMEOptions{})
			first := messageID(call(t, e, submit(text(receiver, "one"))))
			second := messageID(call(t, e, submit(text(receiver, "two"))))
			if got := first + " " + second; got != tt.want {
				t.Errorf("message_ids = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestOperations(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	e := openESME(t, addr, ESMEOptions{})
	id := messageID(call(t, e, submit(text(receiver, "Hi"))))
	if id != "4A7F01" {
		t.Fatalf("message_id = %q, want 4A7F01", id)
	}
	payload := string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte("Hi")))
	both := text(receiver, "Hi")
	both.TLVs = []byte(payload)
	multi := []any{"", 0, 1, sender, 2, 1, 1, 1, receiver, 2, "list", 0, 0, 0, "", "", 0, 0, 0, 0, 2, 0x48, 0x69}
	tests := []struct {
		name   string
		frame  smpp.Frame
		id     pdu.ID
		status pdu.Status
		body   string // hex
	}{
		{
			"data_sm", withBody(request(pdu.DataSMID, "", 0, 1, sender, 1, 1, receiver, 0, 0, 1), payload),
			pdu.DataSMRespID, 0, "34413746303200",
		},
		{"submit_multi", request(pdu.SubmitMultiID, multi...), pdu.SubmitMultiRespID, 0, "3441374630330000"},
		{"submit_multi to nobody", request(pdu.SubmitMultiID, "", 0, 1, sender, 0, 0, 0, 0, "", "", 0, 0, 0, 0, 0), pdu.SubmitMultiRespID, 0x33, "0000"},
		{"submit_multi cut", request(pdu.SubmitMultiID, "", 0, 1, sender, 9), pdu.SubmitMultiRespID, 2, "0000"},
		{"query_sm unknown", request(pdu.QuerySMID, "FFFF", 0, 1, sender), pdu.QuerySMRespID, 0x0C, "00000000"},
		{"query_sm in other words", request(pdu.QuerySMID, "04a7f01", 0, 1, sender), pdu.QuerySMRespID, 0x0C, "00000000"},
		{"query_sm cut", request(pdu.QuerySMID, id), pdu.QuerySMRespID, 2, "00000000"},
		{"cancel_sm too late", request(pdu.CancelSMID, "", id, 0, 1, sender, 1, 1, receiver), pdu.CancelSMRespID, 0x11, ""},
		{"cancel_sm cut", request(pdu.CancelSMID, "", id), pdu.CancelSMRespID, 2, ""},
		{"replace_sm too late", request(pdu.ReplaceSMID, id, 0, 1, sender, "", "", 0, 0, 0), pdu.ReplaceSMRespID, 0x13, ""},
		{"replace_sm cut", request(pdu.ReplaceSMID, id), pdu.ReplaceSMRespID, 2, ""},
		{"submit_sm cut", request(pdu.SubmitSMID, "", 0), pdu.SubmitSMRespID, 2, ""},
		{"text twice", submit(both), pdu.SubmitSMRespID, 0xC0, ""},
		{"deliver_sm", request(pdu.DeliverSMID), pdu.DeliverSMRespID, smpp.StatusInvBindState, ""},
		{"broadcast_sm", request(0x111), pdu.GenericNACKID, smpp.StatusInvCmdID, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := call(t, e, tt.frame)
			if got := fmt.Sprintf("%x", f.Body()); f.ID() != tt.id || f.Status() != tt.status || got != tt.body {
				t.Errorf("response = %08x %#x %s, want %08x %#x %s",
					uint32(f.ID()), uint32(f.Status()), got, uint32(tt.id), uint32(tt.status), tt.body)
			}
		})
	}
}

// withBody returns f with more octets at its end.
func withBody(f smpp.Frame, more string) smpp.Frame {
	body := append(append([]byte(nil), f.Body()...), more...)
	return append(smpp.AppendHeader(nil, f.ID(), f.Status(), f.Seq(), len(body)), body...)
}

func TestQueryDelivered(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	e := openESME(t, addr, ESMEOptions{})
	id := messageID(call(t, e, submit(text(receiver, "Hi"))))
	r := fields{b: call(t, e, request(pdu.QuerySMID, id, 0, 1, sender)).Body()}
	gotID, date, state, code := string(r.cstring()), r.cstring(), receipt.State(r.octet()), r.octet()
	if gotID != id || len(date) != 16 || state != receipt.Delivered || code != 0 || r.bad || len(r.b) != 0 {
		t.Errorf("query_sm_resp = %q %q %d %d, want %q, a date, %d, 0", gotID, date, state, code, id, receipt.Delivered)
	}
}

func TestForgottenID(t *testing.T) {
	s := newStore(false)
	n := s.accept()
	for range remembered {
		s.set(s.accept(), receipt.Delivered)
	}
	if _, ok := s.state(n); ok {
		t.Error("the oldest message is remembered beyond the bound")
	}
	if state, ok := s.state(n + 1); !ok || state != receipt.Delivered {
		t.Errorf("state of the next = %d, %v, want %d", state, ok, receipt.Delivered)
	}
}
