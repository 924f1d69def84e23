package gateway

import (
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// The window halves when the SMSC has too much, once a burst, and comes back by
// one request a round trip.
func TestWindowMoves(t *testing.T) {
	type step struct {
		at        time.Duration
		answers   int
		throttled bool
		want      int
	}
	tests := []struct {
		name  string
		most  int
		steps []step
	}{
		{"nothing wrong", 10, []step{{0, 1000, false, 10}}},
		{"halved", 10, []step{{0, 1, true, 5}}},
		{"a burst halves it once", 16, []step{{0, 5, true, 8}, {99 * time.Millisecond, 5, true, 8}, {100 * time.Millisecond, 1, true, 4}}},
		{"never below one", 4, []step{{0, 1, true, 2}, {time.Second, 1, true, 1}, {2 * time.Second, 1, true, 1}}},
		{"back by one a round trip", 16, []step{{0, 1, true, 8}, {1, 7, false, 8}, {2, 2, false, 9}, {3, 1000, false, 16}}},
		{"back from one", 8, []step{{0, 1, true, 4}, {time.Second, 1, true, 2}, {2 * time.Second, 1, true, 1}, {3 * time.Second, 100, false, 8}}},
		{"one is one", 1, []step{{0, 3, true, 1}, {0, 3, false, 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Now()
			w := newWindow(tt.most)
			for i, s := range tt.steps {
				got := 0
				for range s.answers {
					got = w.answered(s.throttled, begin.Add(s.at))
				}
				if got != s.want {
					t.Errorf("step %d: got %d, want %d", i, got, s.want)
				}
			}
		})
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

// The account that met the SMSC's refusal gets it as it came; the bind slows down
// for all, and comes back.
func TestThrottling(t *testing.T) {
	w := share(t, setup{options: func(o *Options) { o.Window = 4 }}, Shared{}, map[string]Account{"bank": {}, "shop": {}})
	smsc := w.answerBind()
	esme, shop := w.login(simulator.Bind{}), w.login(simulator.Bind{SystemID: "shop"})
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	answer := testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusThrottled, 2, "")
	smsc.Send(answer)
	esme.Want("answer", answer)
	for seq := range uint32(10) {
		shop.Send(text(receiver, 10+seq))
	}
	var under []uint32
	for _, more := range []int{2, 1, 1, 2} { // halved, and wider with the third answer
		for range more {
			under = append(under, smsc.Next("submit_sm").Seq())
		}
		smsc.WantNothing()
		smsc.Send(accepted(under[0], "A"))
		shop.Want("answer", accepted(under[0], "A"))
		under = under[1:]
	}
	esme.WantNothing()
}
