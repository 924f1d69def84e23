package message

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// Most feedback has plain texts only, and its JSON has one form: that in which appendPlain writes it. parsePlain
// reads this form and no other. All else is left to encoding/json, which takes several times as long.

// appendPlain appends the JSON of a feedback. ok is false if it is not written here.
func (fb *Feedback) appendPlain(dst []byte) (text []byte, ok bool) {
	if !fb.isPlain() {
		return nil, false
	}
	dst = appendText(dst, `{"event":`, fb.Event)
	dst = appendText(dst, `,"account":`, fb.Account)
	dst = appendText(dst, `,"sender":`, fb.Sender)
	dst = appendText(dst, `,"receiver":`, fb.Receiver)
	dst = appendNumber(dst, `,"sender_ton":`, uint16(fb.SenderTON))
	dst = appendNumber(dst, `,"sender_npi":`, uint16(fb.SenderNPI))
	dst = appendNumber(dst, `,"receiver_ton":`, uint16(fb.ReceiverTON))
	dst = appendNumber(dst, `,"receiver_npi":`, uint16(fb.ReceiverNPI))
	dst = appendNumber(dst, `,"number":`, fb.Number)
	dst = appendNumber(dst, `,"status":`, uint16(fb.Status))
	between := `,"message_ids":[`
	for _, id := range fb.MessageIDs {
		dst = appendText(dst, between, id)
		between = `,`
	}
	dst = append(dst, ']')
	if fb.Reference != nil {
		dst = appendNumber(dst, `,"user_message_reference":`, *fb.Reference)
	}
	dst = appendTime(dst, `,"submitted_at":"`, fb.SubmittedAt)
	dst = appendTime(dst, `,"read_at":"`, fb.ReadAt)
	dst = appendTime(dst, `,"received_at":"`, fb.ReceivedAt)
	if !fb.DeliveredAt.IsZero() {
		dst = appendTime(dst, `,"delivered_at":"`, fb.DeliveredAt)
	}
	if fb.ReceiptPending {
		dst = append(dst, `,"receipt_pending":true`...)
	}
	return append(dst, '}'), true
}

// isPlain reports whether appendPlain writes the feedback.
func (fb *Feedback) isPlain() bool {
	for _, s := range [...]string{fb.Event, fb.Account, fb.Sender, fb.Receiver} {
		if !isPlainText(s) {
			return false
		}
	}
	for _, id := range fb.MessageIDs {
		if !isPlainText(id) {
			return false
		}
	}
	for _, t := range [...]time.Time{fb.SubmittedAt, fb.ReadAt, fb.ReceivedAt, fb.DeliveredAt} {
		if t.Location() != time.UTC || t.Year() < 0 || t.Year() > 9999 {
			return false
		}
	}
	return len(fb.MessageIDs) > 0 && len(fb.Receipt) == 0
}

// isPlainText reports whether JSON has a text as it is.
func isPlainText[T string | []byte](s T) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&': // encoding/json escapes these
			return false
		}
	}
	return true
}

func appendText(dst []byte, name, s string) []byte {
	return append(append(append(append(dst, name...), '"'), s...), '"')
}

func appendNumber(dst []byte, name string, n uint16) []byte {
	return strconv.AppendUint(append(dst, name...), uint64(n), 10)
}

func appendTime(dst []byte, name string, t time.Time) []byte {
	return append(t.AppendFormat(append(dst, name...), time.RFC3339Nano), '"')
}

// parsePlain parses what appendPlain writes. ok is false if data is anything else.
func (fb *Feedback) parsePlain(data []byte) (ok bool) {
	var n Feedback
	p := plainParser{rest: data, ok: true}
	n.Event = p.text(`{"event":"`)
	n.Account = p.text(`,"account":"`)
	n.Sender = p.text(`,"sender":"`)
	n.Receiver = p.text(`,"receiver":"`)
	n.SenderTON = byte(p.number(`,"sender_ton":`, math.MaxUint8))
	n.SenderNPI = byte(p.number(`,"sender_npi":`, math.MaxUint8))
	n.ReceiverTON = byte(p.number(`,"receiver_ton":`, math.MaxUint8))
	n.ReceiverNPI = byte(p.number(`,"receiver_npi":`, math.MaxUint8))
	n.Number = uint16(p.number(`,"number":`, math.MaxUint16))
	n.Status = uint8(p.number(`,"status":`, math.MaxUint8))
	n.MessageIDs = []string{p.text(`,"message_ids":["`)}
	for p.ok && p.skip(`,"`) {
		n.MessageIDs = append(n.MessageIDs, p.text(""))
	}
	p.want(`]`)
	if p.skip(`,"user_message_reference":`) {
		reference := uint16(p.number("", math.MaxUint16))
		n.Reference = &reference
	}
	n.SubmittedAt = p.time(`,"submitted_at":"`)
	n.ReadAt = p.time(`,"read_at":"`)
	n.ReceivedAt = p.time(`,"received_at":"`)
	if p.skip(`,"delivered_at":"`) {
		n.DeliveredAt = p.time("")
	}
	n.ReceiptPending = p.skip(`,"receipt_pending":true`)
	p.want(`}`)
	if p.ok = p.ok && len(p.rest) == 0; p.ok {
		*fb = n
	}
	return p.ok
}

// plainParser reads what appendPlain writes, from its beginning to its end.
type plainParser struct {
	rest []byte
	ok   bool // all was in the form that is expected
}

// skip reports whether s comes next, and goes beyond it.
func (p *plainParser) skip(s string) bool {
	rest, ok := bytes.CutPrefix(p.rest, []byte(s))
	p.rest = rest
	return ok
}

func (p *plainParser) want(s string) { p.ok = p.skip(s) && p.ok }

// quoted returns what stands between name and the next quote.
func (p *plainParser) quoted(name string) []byte {
	p.want(name)
	s, rest, ok := bytes.Cut(p.rest, []byte(`"`))
	p.rest, p.ok = rest, p.ok && ok && isPlainText(s)
	return s
}

func (p *plainParser) text(name string) string { return string(p.quoted(name)) }

func (p *plainParser) time(name string) (t time.Time) {
	s := p.quoted(name)
	p.ok = p.ok && bytes.HasSuffix(s, []byte("Z")) && t.UnmarshalText(s) == nil
	return t
}

func (p *plainParser) number(name string, most uint64) (n uint64) {
	p.want(name)
	i := 0
	for i < len(p.rest) && i < 6 && p.rest[i] >= '0' && p.rest[i] <= '9' {
		n = 10*n + uint64(p.rest[i]-'0')
		i++
	}
	p.ok = p.ok && n <= most && (i == 1 || i > 1 && p.rest[0] != '0')
	p.rest = p.rest[i:]
	return n
}
