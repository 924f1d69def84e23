package readresponse

import (
	"strconv"
	"strings"
	"time"

	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
	"readback/udh"
)

// readWords reads the text of a read response, which is that of the gateway's own feedback:
// number:017 status:1 read:2026-11-23T08:30:00Z, in any order and among other words. Only the number
// must be there. A word without a colon is another word, whatever it says.
func readWords(m smpp.Message, alphabet udh.Coding) (rd reads.Read, ok bool) {
	text := m.UserData()
	if m.HasUDH() || len(text) > smpp.MaxShortMessage {
		return rd, false
	}
	rd.Status = message.StatusRead
	for word := range strings.FieldsSeq(udh.Decode(text, udh.CodingOf(m.DataCoding(), alphabet))) {
		name, value, has := strings.Cut(word, ":")
		if !has {
			continue
		}
		var err error
		switch name {
		case "number":
			var n uint64
			n, err = strconv.ParseUint(value, 10, 16)
			rd.Number, ok = uint16(n), true
		case "status":
			var n uint64
			n, err = strconv.ParseUint(value, 10, 8)
			rd.Status = uint8(n)
		case "read":
			rd.ReadAt, err = time.Parse(time.RFC3339, value)
		}
		if err != nil {
			return reads.Read{}, false
		}
	}
	return rd, ok
}
