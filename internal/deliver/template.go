package deliver

import (
	"fmt"
	"strings"
	"text/template"
	"unicode/utf16"

	"readback/internal/setting"
	"readback/udh"
)

// TemplateText is the text of a template for form MO. As a setting it is checked when it is
// read: it must be one message at most, and must not look like a delivery receipt.
type TemplateText string

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *TemplateText) UnmarshalText(text []byte) error {
	if p := checkTemplate(string(text)); p != nil {
		return p
	}
	*t = TemplateText(text)
	return nil
}

// ParseTemplate reads the text of a template for form MO. Executing it takes little time and memory.
func ParseTemplate(text string) (*template.Template, error) {
	t, err := template.New("feedback").Parse(text)
	if err != nil {
		return nil, err
	}
	if err := checkBounds(text, t); err != nil {
		return nil, err
	}
	return t, nil
}

// templateFields are what a template may name.
type templateFields struct {
	Account   string
	Sender    string // as submitted
	Receiver  string
	Number    int
	Status    int    // 1 or 2
	State     string // read or deleted
	ReadAt    string // RFC 3339, UTC
	MessageID string // as in submit_sm_resp
	Reference string // user_message_reference; empty: none
}

// longestFields are each as long as it gets.
var longestFields = templateFields{
	Account: "123456789012345", Sender: "12345678901234567890", Receiver: "12345678901234567890",
	State: "deleted", ReadAt: "2026-11-23T08:30:00Z", MessageID: "0123456789abcdef0123456789abcdef", Reference: "65535",
	Number: 65535, Status: 2,
}

// checkTemplate wants a template whose text is one message, and does not look like a
// delivery receipt.
func checkTemplate(s string) *setting.Problem {
	const example = `"{{.Receiver}} has {{.State}} message {{.Number}}"`
	t, err := ParseTemplate(s)
	if err != nil {
		return setting.Wrong("not a template: "+templateError(err), example)
	}
	var text strings.Builder
	if err := t.Execute(&text, longestFields); err != nil {
		return setting.Wrong("template: "+templateError(err), example)
	}
	n, most := textLen(text.String())
	switch {
	case strings.TrimSpace(text.String()) == "":
		return setting.Wrong("a text with nothing in it", example)
	case n > most:
		return setting.Wrong(fmt.Sprintf("up to %d characters, and one message holds %d", n, most), "fewer words")
	case receiptWords.MatchString(text.String()):
		return setting.Wrong("ESMEs would take a text with id: or stat: for a delivery receipt", "message 17, without the colon")
	}
	return nil
}

// templateError leaves out the names that only we gave it.
func templateError(err error) string {
	text, _, _ := strings.Cut(err.Error(), " in type ")
	return strings.TrimPrefix(strings.TrimPrefix(text, "template: "), "feedback:")
}

// textLen counts a text as a message does: septets, or UCS2 units if it has other
// characters than ASCII.
func textLen(s string) (n, most int) {
	for _, r := range s {
		switch {
		case r > 0x7E || r < ' ' && r != '\n' && r != '\r':
			return len(utf16.Encode([]rune(s))), udh.Room(udh.UCS2, 0)
		case strings.ContainsRune("^{}[]~\\|", r):
			n++ // these take two
		}
		n++
	}
	return n, udh.Room(udh.GSM7, 0)
}
