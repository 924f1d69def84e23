package deliver

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
	"unicode/utf16"

	"readback/relay/message"
	"readback/udh"
)

var errNoTemplate = errors.New("form mo has no template")

// moContent is a message as a subscriber could have sent it.
func moContent(fb *message.Feedback, o *Options) (content, error) {
	if o.Template == nil {
		return content{}, errNoTemplate
	}
	var text bytes.Buffer
	if err := o.Template.Execute(&text, fieldsOf(fb)); err != nil {
		return content{}, fmt.Errorf("feedback template: %w", err)
	}
	c := content{}
	c.dataCoding, c.text = encodeText(string(unlikeReceipt(text.Bytes())))
	return c, nil
}

func fieldsOf(fb *message.Feedback) *templateFields {
	f := &templateFields{
		Account: message.Shown(fb.Account), Sender: message.Shown(fb.Sender), Receiver: message.Shown(fb.Receiver), Number: int(fb.Number),
		Status: int(fb.Status), State: "read", ReadAt: fb.ReadAt.UTC().Format(time.RFC3339),
	}
	if fb.Status == message.StatusDeletedUnread {
		f.State = "deleted"
	}
	if len(fb.MessageIDs) > 0 {
		f.MessageID = message.Shown(fb.MessageIDs[0])
	}
	if fb.Reference != nil {
		f.Reference = strconv.Itoa(int(*fb.Reference))
	}
	return f
}

// receiptWords are what stacks know a delivery receipt by, whatever its esm_class says.
var receiptWords = regexp.MustCompile(`(?i)(id|stat):`)

// unlikeReceipt takes out of a text what would make a stack take it for a delivery
// receipt. An alphanumeric address could bring it in.
func unlikeReceipt(text []byte) []byte {
	if !mayHaveReceiptWords(text) {
		return text // hardly any has, and the expression takes longer than all else
	}
	return receiptWords.ReplaceAll(text, []byte("$1 "))
}

// mayHaveReceiptWords reports whether an octet d or t stands before a colon, and an i or a before that: no
// text without has receiptWords.
func mayHaveReceiptWords(text []byte) bool {
	for i := 2; i < len(text); i++ {
		if text[i] != ':' {
			continue
		}
		switch string(text[i-2 : i]) {
		case "id", "iD", "Id", "ID", "at", "aT", "At", "AT":
			return true
		}
	}
	return false
}

// encodeText writes a text in the data_coding that every ESME reads alike: 00 where
// GSM 7-bit and ASCII have the same octets, 01 (ASCII) or 08 (UCS2) elsewhere. What
// is more than one message holds is cut off.
func encodeText(s string) (dataCoding byte, text []byte) {
	coding := udh.GSM7
	for _, r := range s {
		switch {
		case r > 0x7E || r < ' ' && r != '\n' && r != '\r':
			return 0x08, encodeUCS2(s)
		case !sameInGSM7(r):
			dataCoding, coding = 0x01, udh.ASCII
		}
	}
	text = []byte(s)
	for {
		if n, _ := udh.TextLen(coding, text); n <= udh.Room(coding, 0) {
			return dataCoding, text
		}
		text = text[:len(text)-1]
	}
}

// sameInGSM7 reports whether an ASCII character has its own octet in the GSM 7-bit
// default alphabet (TS 23.038 §6.2.1).
func sameInGSM7(r rune) bool {
	switch {
	case r == '\n' || r == '\r', r >= ' ' && r <= '?' && r != '$':
		return true
	}
	return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

func encodeUCS2(s string) (text []byte) {
	units := utf16.Encode([]rune(s))
	room := udh.Room(udh.UCS2, 0)
	if len(units) > room {
		if utf16.IsSurrogate(rune(units[room])) && units[room] >= 0xDC00 {
			room-- // not half a character
		}
		units = units[:room]
	}
	for _, u := range units {
		text = append(text, byte(u>>8), byte(u))
	}
	return text
}
