package receipt

import "bytes"

// SMPP 3.4 Appendix B leaves the text of a receipt to the SMSC, and so the words of stat. SMSCs write
// DELIVERED for DELIVRD, EXPIRD for EXPIRED, and have words of their own, such as FAILED and BUFFRED.

// stem is how words of stat begin, or what they contain, and the state that these words stand for. It is
// long enough to belong to one state only: DEL could be DELIVRD or DELETED.
type stem struct {
	letters string
	state   State
}

// failures are stems of which a word needs to contain one: SMSC_EXPIRED, DELIVERY_FAILED. They are looked
// for first, so that a word which says both never counts as a delivery.
var failures = [...]stem{
	{"EXPIR", Expired},
	{"EXPRD", Expired},
	{"TIMEOUT", Expired},
	{"TIMEDOUT", Expired},
	{"REJEC", Rejected},
	{"REJCT", Rejected},
	{"REFUS", Rejected},
	{"DENIED", Rejected},
	{"BLOCKED", Rejected},
	{"BLACKL", Rejected},
	{"BLIST", Rejected},
	{"NOCRED", Rejected},
	{"UNDELI", Undeliverable},
	{"UNDELV", Undeliverable},
	{"UNDLI", Undeliverable},
	{"UNDLV", Undeliverable},
	{"NOTDELI", Undeliverable},
	{"NONDELI", Undeliverable},
	{"UNSUCC", Undeliverable},
	{"FAIL", Undeliverable},
	{"NOROUTE", Undeliverable},
	{"BARRED", Undeliverable},
	{"UNREACH", Undeliverable},
}

// beginnings are stems that a word must begin with. The first one counts: DELIVERING is no delivery.
var beginnings = [...]stem{
	{"DELIVERING", Enroute},
	{"DELIVERAB", Unknown},
	{"DELIVERYSUCC", Delivered},
	{"DELIVERYOK", Delivered},
	{"DELIVERY", Unknown}, // a delivery report of whatever
	{"DELIVEREDTONET", Accepted},
	{"DELIVEREDTOSMSC", Accepted},
	{"DELIVEREDTOOPER", Accepted},
	{"DELIVEREDTOGATE", Accepted},
	{"DELIVEREDTOCARR", Accepted},
	{"DELIV", Delivered},
	{"DELVRD", Delivered},
	{"DLIVRD", Delivered},
	{"DLVRD", Delivered},
	{"SUCCES", Delivered},
	{"DELET", Deleted},
	{"DELTD", Deleted},
	{"CANCEL", Deleted},
	{"ACCEP", Accepted},
	{"ACCPT", Accepted},
	{"ACPT", Accepted},
	{"ACK", Accepted},
	{"SUBMIT", Accepted},
	{"SENT", Accepted},
	{"TRANSMIT", Accepted},
	{"ENROU", Enroute},
	{"ENRT", Enroute},
	{"BUFF", Enroute},
	{"BUFER", Enroute},
	{"QUEUE", Enroute},
	{"ENQUE", Enroute},
	{"PEND", Enroute},
	{"SCHED", Enroute},
	{"STAGED", Enroute},
	{"STORE", Enroute},
	{"WAIT", Enroute},
	{"INTRANS", Enroute},
	{"INPROG", Enroute},
	{"PROCESS", Enroute},
	{"RETRY", Enroute},
	{"DEFER", Enroute},
	{"DELAY", Enroute},
	{"SKIP", Undeliverable},
	{"ERROR", Undeliverable},
	{"SYSERR", Undeliverable},
	{"ABORT", Undeliverable},
	{"INVALID", Undeliverable},
}

// ParseStat returns the state that a receipt's text names, whichever way the SMSC writes it. Case,
// digits and punctuation do not count. A word that stands for no state is UNKNOWN.
func ParseStat(word []byte) State {
	for s := Enroute; int(s) < len(states); s++ { // most SMSCs write those
		if bytes.EqualFold(word, []byte(states[s].stat)) {
			return s
		}
	}
	var room [maxStat]byte
	letters := lettersOf(word, room[:0])
	for i := range failures {
		if bytes.Contains(letters, []byte(failures[i].letters)) {
			return failures[i].state
		}
	}
	for i := range beginnings {
		if bytes.HasPrefix(letters, []byte(beginnings[i].letters)) {
			return beginnings[i].state
		}
	}
	return abbreviated(letters)
}

// minAbbreviated is how many letters an abbreviation has at least.
const minAbbreviated = 3

// abbreviated returns the state whose word in SMPP 3.4 Appendix B is the only one that begins with letters.
func abbreviated(letters []byte) State {
	found := Unknown
	for s := Enroute; int(s) < len(states) && len(letters) >= minAbbreviated; s++ {
		if !bytes.HasPrefix([]byte(states[s].stat), letters) {
			continue
		}
		if found != Unknown {
			return Unknown
		}
		found = s
	}
	return found
}

// maxStat is how many letters of a word are looked at.
const maxStat = 32

// lettersOf appends the letters of word to dst as capitals, as many as dst has room for.
func lettersOf(word, dst []byte) []byte {
	for _, c := range word {
		if c = lower(c); 'a' <= c && c <= 'z' && len(dst) < cap(dst) {
			dst = append(dst, c-'a'+'A')
		}
	}
	return dst
}
