package pool

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// A refusal says nothing of the SMSC's congestion but by its status.
func TestCongestionOfRefusal(t *testing.T) {
	body := "A\x00" + string(smpp.AppendTLV(nil, smpp.TagCongestionState, []byte{99}))
	for status, want := range map[pdu.Status]bool{0: true, smpp.StatusSysErr: false, smpp.StatusThrottled: true} {
		if got := throttled(testpeer.Frame(pdu.SubmitSMRespID, status, 1, body)); got != want {
			t.Errorf("status %v: got %t, want %t", status, got, want)
		}
	}
}

func TestThrottled(t *testing.T) {
	const submit = pdu.SubmitSMRespID
	congestion := func(b ...byte) string { return string(smpp.AppendTLV(nil, smpp.TagCongestionState, b)) }
	vendor := string(smpp.AppendTLV(nil, 0x1400, []byte{99}))
	tests := []struct {
		name   string
		id     pdu.ID
		status pdu.Status
		body   string
		want   bool
	}{
		{"accepted", submit, 0, "A\x00", false},
		{"accepted, no body", submit, 0, "", false},
		{"accepted, id without end", submit, 0, "A", false},
		{"ESME_RTHROTTLED", submit, smpp.StatusThrottled, "", true},
		{"ESME_RMSGQFUL", submit, smpp.StatusQueueFull, "", true},
		{"ESME_RSYSERR", submit, smpp.StatusSysErr, "", false},
		{"generic_nack", pdu.GenericNACKID, smpp.StatusInvCmdLen, "", false},
		{"idle", submit, 0, "A\x00" + congestion(0), false},
		{"busy", submit, 0, "A\x00" + congestion(89), false},
		{"near the limit", submit, 0, "A\x00" + congestion(90), true},
		{"congested, behind others", submit, 0, "A\x00" + vendor + congestion(99), true},
		{"congested, no id", submit, 0, "\x00" + congestion(99), true},
		{"of two octets", submit, 0, "A\x00" + congestion(99, 99), false},
		{"cut off", submit, 0, "A\x00" + congestion(99)[:4], false},
		{"another TLV", submit, 0, "A\x00" + vendor, false},
		{"data_sm_resp", pdu.DataSMRespID, 0, "A\x00" + congestion(95), true},
	}
	for _, tt := range tests {
		if got := throttled(testpeer.Frame(tt.id, tt.status, 1, tt.body)); got != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, got, tt.want)
		}
	}
}
