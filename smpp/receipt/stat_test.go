package receipt

import (
	"strings"
	"testing"
)

// statWords are the words of stat that stand for each state, whichever way SMSCs write them.
var statWords = map[State]string{
	Delivered: "DELIVRD DELIVERED DELIVERD DELIVED DELIVER DELIV DELI DELVRD DLIVRD DLVRD DELIVRD, DELIVRD(2) DELIVRD:000 DELIVERED_TO_HANDSET " +
		"DeliveredToTerminal DELIVERY_SUCCESS DELIVERY-OK DeliverySuccessful SUCCESS SUCCESSFUL",
	Expired: "EXPIRED EXPIRD EXPIR EXP EXP. EXPRD EXPIRED_1 SMSC_EXPIRED MSGEXPIRED DELIVERY_EXPIRED TIMEOUT TIMED_OUT",
	Deleted: "DELETED DELETD DELTD DELETE DELE CANCELED CANCELLED",
	Undeliverable: "UNDELIV UNDELIVERABLE UNDELIVERED UNDELIVRD UNDELIVERD UNDLIVRD UNDLVRD UNDELVRD UNDELI UNDEL UND FAILED FAIL FAILURE FAILED(21) " +
		"DELIVERY_FAILED DeliveryFailure DELIVERED_FAILED SUBMIT_FAILED WX-FAIL NOT_DELIVERED NOTDELIV NONDELIVERED UNSUCCESSFUL " +
		"SKIPPED SKIPED ERROR SYSERR NOROUTE BARRED BARREDA UNREACHABLE ABORTED INVALID",
	Accepted: "ACCEPTD ACCEPTED ACCEPT ACC ACCPTD ACPTD ACK ACKED SUBMITD SUBMITTED SENT TRANSMITTED DELIVERED_TO_NETWORK DeliveredToSMSC",
	Rejected: "REJECTD REJECTED REJECT REJ REJCTD REFUSED DENIED BLOCKED BLACKLISTED BLIST NOCRED DELIVERY_REJECTED MSG_REJECTED",
	Enroute: "ENROUTE EN_ROUTE ENROUT ENR ENRTE BUFFERED BUFFRED BUFFERD BUFFRD BUFERED QUEUED ENQUEUD ENQUEUED PENDING SCHEDULED SCHEDLD STAGED " +
		"STORED WAITING INTRANSIT IN_TRANSIT IN_PROGRESS PROCESSING RETRYING DEFERRED DELAYED DELIVERING",
	Unknown: "UNKNOWN UNKNOWN_STATE UNKNWN UNKNOW UNK UN UNDELETED DEL D RE EX READ OK NULL NONE XYZ DELIVERY DELIVERABLE " +
		"DELIVERY_UNCERTAIN MK:0001 000 2 - ? \xFF\x00",
}

func TestParseStat(t *testing.T) {
	for want, words := range statWords {
		for _, word := range strings.Fields(words) {
			lower := strings.ToLower(word)
			for _, w := range []string{word, strings.ToUpper(word), lower, strings.ToUpper(lower[:1]) + lower[1:]} {
				if got := ParseStat([]byte(w)); got != want {
					t.Errorf("%q: got %v, want %v", w, got, want)
				}
			}
		}
	}
	for _, word := range []string{"", strings.Repeat("X", 100), strings.Repeat("-", 100)} {
		if got := ParseStat([]byte(word)); got != Unknown {
			t.Errorf("%q: got %v, want UNKNOWN", word, got)
		}
	}
}

// No beginning of a standard word stands for another state than the word.
func TestParseStatCutShort(t *testing.T) {
	for s := Enroute; int(s) < len(states); s++ {
		word := states[s].stat
		for n := range word {
			if got := ParseStat([]byte(word[:n])); got != s && got != Unknown {
				t.Errorf("%q of %s: got %v", word[:n], word, got)
			}
		}
		if got := ParseStat([]byte(word)); got != s {
			t.Errorf("%s: got %v, want %v", word, got, s)
		}
		if got := ParseStat([]byte(states[s].name)); got != s {
			t.Errorf("%s: got %v, want %v", states[s].name, got, s)
		}
	}
}
