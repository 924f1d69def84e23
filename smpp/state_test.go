package smpp

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// TestTable21 is SMPP 3.4 table 2-1 as a matrix, with what SMPP 5.0 §2.4 adds.
// A cell says what becomes of the request in that state: ok, or the status it
// is refused with.
func TestTable21(t *testing.T) {
	const (
		ok  = StatusOK
		bnd = StatusInvBindState
		aly = StatusAlreadyBound
		cmd = StatusInvCmdID
	)
	states := []State{Open, BoundTX, BoundRX, BoundTRX, Closed}
	type row [5]pdu.Status
	var (
		never  = row{bnd, bnd, bnd, bnd, bnd}
		binds  = row{ok, aly, aly, aly, bnd}
		notBnd = row{bnd, aly, aly, aly, bnd} // binds from the SMSC
		opened = row{ok, bnd, bnd, bnd, bnd}
		live   = row{ok, ok, ok, ok, bnd}
		anyBnd = row{bnd, ok, ok, ok, bnd}
		tx     = row{bnd, ok, bnd, ok, bnd}
		rx     = row{bnd, bnd, ok, ok, bnd}
		vendor = row{cmd, ok, ok, ok, cmd}
	)
	tests := []struct {
		name       string
		id         pdu.ID
		esme, smsc row
	}{
		{"bind_transmitter", pdu.BindTransmitterID, binds, notBnd},
		{"bind_receiver", pdu.BindReceiverID, binds, notBnd},
		{"bind_transceiver", pdu.BindTransceiverID, binds, notBnd},
		{"outbind", pdu.OutbindID, opened, opened}, // of an SMSC that has connected to us, too
		{"unbind", pdu.UnbindID, live, live},
		{"submit_sm", pdu.SubmitSMID, tx, never},
		{"submit_multi", pdu.SubmitMultiID, tx, never},
		{"data_sm", pdu.DataSMID, anyBnd, anyBnd},
		{"deliver_sm", pdu.DeliverSMID, never, rx},
		{"query_sm", pdu.QuerySMID, tx, never},
		{"cancel_sm", pdu.CancelSMID, tx, never},
		{"replace_sm", pdu.ReplaceSMID, tx, never},
		{"enquire_link", pdu.EnquireLinkID, live, live},
		{"alert_notification", pdu.AlertNotificationID, never, rx},
		{"broadcast_sm", 0x111, tx, never},
		{"query_broadcast_sm", 0x112, tx, never},
		{"cancel_broadcast_sm", 0x113, tx, never},
		{"vendor", 0x00010201, vendor, vendor},
		{"reserved", 0x7FFFFFFF, vendor, vendor},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, s := range states {
				if got, want := s.Check(tt.id, false), tt.esme[i]; got != want {
					t.Errorf("by the ESME in state %#x: got %#02x, want %#02x", s, uint32(got), uint32(want))
				}
				if got, want := s.Check(tt.id, true), tt.smsc[i]; got != want {
					t.Errorf("by the SMSC in state %#x: got %#02x, want %#02x", s, uint32(got), uint32(want))
				}
			}
		})
	}
}

func TestCommon(t *testing.T) {
	for _, tt := range []struct{ a, b, want State }{
		{BoundTX, BoundTX, BoundTX},
		{BoundRX, BoundRX, BoundRX},
		{BoundTRX, BoundTRX, BoundTRX},
		{BoundTX, BoundTRX, BoundTX},
		{BoundRX, BoundTRX, BoundRX},
		{BoundTX, BoundRX, 0},
	} {
		if got, turned := tt.a.Common(tt.b), tt.b.Common(tt.a); got != tt.want || turned != tt.want {
			t.Errorf("%#x and %#x: got %#x and %#x, want %#x", tt.a, tt.b, got, turned, tt.want)
		}
	}
}

func TestStates(t *testing.T) {
	tests := []struct {
		name                string
		s                   State
		isBound, canReceive bool
	}{
		{"open", Open, false, false},
		{"transmitter", BoundTX, true, false},
		{"receiver", BoundRX, true, true},
		{"transceiver", BoundTRX, true, true},
		{"closed", Closed, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.IsBound(); got != tt.isBound {
				t.Errorf("IsBound: got %v, want %v", got, tt.isBound)
			}
			if got := tt.s.CanReceive(); got != tt.canReceive {
				t.Errorf("CanReceive: got %v, want %v", got, tt.canReceive)
			}
		})
	}
}

func TestBindState(t *testing.T) {
	want := map[pdu.ID]State{
		pdu.BindTransmitterID: BoundTX, pdu.BindReceiverID: BoundRX, pdu.BindTransceiverID: BoundTRX,
	}
	for id := range commands {
		if got := BindState(id); got != want[id] {
			t.Errorf("BindState(%s): got %#x, want %#x", Command(id), got, want[id])
		}
		if got := IsBind(id); got != (want[id] != 0) {
			t.Errorf("IsBind(%s): got %v, want %v", Command(id), got, want[id] != 0)
		}
		if got, want := HasResponse(id), id != pdu.OutbindID && id != pdu.AlertNotificationID; got != want {
			t.Errorf("HasResponse(%s): got %v, want %v", Command(id), got, want)
		}
	}
}

func TestCommand(t *testing.T) {
	for id, name := range commands {
		if !IsResponse(id) && HasResponse(id) {
			if got, want := Command(ResponseID(id)), name+"_resp"; got != want {
				t.Errorf("response to %s: got %q, want %q", name, got, want)
			}
		}
	}
	for id, want := range map[pdu.ID]string{
		pdu.GenericNACKID: "generic_nack", pdu.DataSMRespID: "data_sm_resp", 0x00010201: "other", 0: "other",
	} {
		if got := Command(id); got != want {
			t.Errorf("Command(%#x): got %q, want %q", uint32(id), got, want)
		}
	}
}

func TestTemporary(t *testing.T) {
	tests := []struct {
		name   string
		status pdu.Status
		want   bool
	}{
		{"ESME_RSYSERR", StatusSysErr, true},
		{"ESME_RMSGQFUL", StatusQueueFull, true},
		{"ESME_RTHROTTLED", StatusThrottled, true},
		{"ESME_RX_T_APPN", StatusTempApp, true},
		{"ESME_RX_P_APPN", StatusPermApp, false},
		{"ESME_RX_R_APPN", StatusRejectApp, false},
		{"vendor", 0x400, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Temporary(tt.status); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got, want := StatusName(StatusInvBindState), "ESME_RINVBNDSTS"; got != want {
		t.Errorf("StatusName: got %q, want %q", got, want)
	}
}
