package pool

import (
	"testing"
	"testing/synctest"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

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
		{"refused, congested", submit, smpp.StatusSysErr, "A\x00" + congestion(99), false},
		{"data_sm_resp", pdu.DataSMRespID, 0, "A\x00" + congestion(95), true},
	}
	for _, tt := range tests {
		if got := throttled(testpeer.Frame(tt.id, tt.status, 1, tt.body)); got != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, got, tt.want)
		}
	}
}

// A bind that the SMSC throttles slows down, and comes back.
func TestThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 1, func(o *Options[uint32]) { o.Session.Window = 4 })
		smsc := s.bound()
		s.trySend(1, nil)
		answer(smsc, smsc.Next("submit_sm"), smpp.StatusThrottled)
		seq := uint32(1)
		var open []smpp.Frame                    // not answered
		for _, more := range []int{2, 1, 1, 2} { // halved, and wider with the third answer
			for range more {
				seq++
				s.trySend(seq, nil)
				open = append(open, smsc.Next("submit_sm"))
			}
			s.trySend(seq+1, smpp.ErrNoRoom)
			answer(smsc, open[0], smpp.StatusOK)
			open = open[1:]
		}
	})
}
