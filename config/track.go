package config

import (
	"fmt"

	"readback/internal/numbering"
)

// Track holds the settings of which messages get a number, and how they carry it.
type Track struct {
	numbering.Policy // the settings that an account may have for itself

	IEI       uint8    `key:"iei" default:"0x80" hex:"2" range:"0x80..0xFF" doc:"identifier of the element; A0–BF and E0–FF are taken with a warning, C0–DF not"`
	Reference int      `key:"reference" default:"8" among:"8,16" doc:"bits of the reference that the parts of a split message have"`
	Proof     bool     `key:"proof" doc:"add a proof of 4 octets to each element, which only the receiver of the message can present in a read response"`
	ProofKeys []string `key:"proof_keys" form:"file" secret:"file" content:"restart" example:"/etc/readback/proof.key" doc:"files that contain only a key of at least 16 octets: the first key signs, all of them verify"`
	Marker    Marker   `key:"marker" doc:"the symbol before the digits, by encoding"`

	// ProofSecrets is what Load has read from ProofKeys.
	ProofSecrets []Secret
}

// Marker is one symbol for each encoding.
type Marker struct {
	UCS2   rune `key:"ucs2" default:"□" form:"ucs2" doc:"symbol in UCS2"`
	GSM7   rune `key:"gsm7" default:"§" form:"gsm7" doc:"symbol in the GSM 7-bit default alphabet, one septet"`
	Latin1 rune `key:"latin1" default:"§" form:"latin1" doc:"symbol in Latin-1"`
	ASCII  rune `key:"ascii" default:"#" form:"ascii" doc:"symbol in ASCII"`
}

const (
	marked = 999 // the highest number in three digits
	// fewest is twice as many numbers as may be assigned in a conversation and missing from
	// the log. With fewer numbers, one could be assigned twice.
	fewest = 16
)

// checkTrack refuses settings of numbers that contradict each other.
func checkTrack(l *loader) {
	t, first, last := l.cfg.Track, int(l.cfg.Relay.First), int(l.cfg.Relay.Last)
	l.refuseIf(t.IEI >= 0xC0 && t.IEI <= 0xDF, problem{"used by the SC itself", "80 to 9F is reserved for use between SMEs"}, "track.iei")
	l.refuseIf(t.Proof && len(t.ProofKeys) == 0, problem{"no key to make proofs with", "track.proof_keys: [FILE]"}, "track.proof", "track.proof_keys")
	l.refuseIf(l.cfg.Reads.SMS != SMSOff && l.cfg.Gateway.ReadIEI == t.IEI, problem{"track.iei and reads.sms_iei are the same", "such as 0x80 and 0x81"}, "reads.sms_iei", "track.iei")
	l.refuseIf(last-first+1 < fewest,
		problem{"fewer than 16 numbers from first to last", "such as first: 1, last: 257"},
		"track.numbers.last", "track.numbers.first", "track.carriage")
	three := problem{"does not fit the three digits of the marker", "last: 999 at most, or carriage: udh"}
	l.refuseIf(t.Carriage != numbering.ByElement && last > marked, three, "track.numbers.last", "track.carriage")
	for _, id := range l.systemIDs() {
		key := accountKey(id) + ".track.carriage"
		l.refuseIf(t.Carriage == numbering.ByElement && l.cfg.Accounts[id].Track.Carriage != numbering.ByElement && last > marked,
			problem{"track.numbers.last does not fit the three digits of the marker", three.Hint}, key, "track.numbers.last")
	}
}

// readNumbers takes the number range of the marker if the marker is the carriage and the
// operator gave no range.
func readNumbers(l *loader) {
	if l.cfg.Track.Carriage != numbering.ByMarker {
		return
	}
	if _, given := l.origin("track.numbers.first"); !given {
		l.cfg.Relay.First = 0
	}
	if _, given := l.origin("track.numbers.last"); !given {
		l.cfg.Relay.Last = 255
	}
}

// minProofKey is the least length of a key for proofs, in octets.
const minProofKey = 16

// readProofKeys reads the keys for proofs.
func readProofKeys(l *loader) {
	const key = "track.proof_keys"
	if l.failed[key] {
		return
	}
	for _, path := range l.cfg.Track.ProofKeys {
		secret, p := readSecret(path)
		if p == nil && len(secret) < minProofKey {
			p = &problem{fmt.Sprintf("the key is shorter than %d octets", minProofKey), "openssl rand -hex 32 makes one"}
		}
		if p != nil {
			g, _ := l.origin(key)
			l.fail(key, g, &problem{path + ": " + p.What, p.Hint})
			return
		}
		l.cfg.Track.ProofSecrets = append(l.cfg.Track.ProofSecrets, secret)
	}
}
