package config

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"unicode/utf16"

	"readback/internal/setting"
)

// templateSample has the names that a template may use, each as long as it gets.
var templateSample = struct {
	Account, Sender, Receiver, State, ReadAt, MessageID, Reference string

	Number, Status int
}{
	Account: "123456789012345", Sender: "12345678901234567890", Receiver: "12345678901234567890",
	State: "deleted", ReadAt: "2026-11-23T08:30:00Z", MessageID: "0123456789abcdef0123456789abcdef", Reference: "65535",
	Number: 65535, Status: 2,
}

// receiptWords are what stacks know a delivery receipt by.
var receiptWords = regexp.MustCompile(`(?i)(id|stat):`)

// The most that one message holds (TS 23.040 §9.2.3.24).
const (
	maxSeptets = 160
	maxUCS2    = 70
)

// Template is the text of form mo: a Go template.
type Template string

// UnmarshalText takes a template whose text is one message, and does not look like a
// delivery receipt.
func (t *Template) UnmarshalText(text []byte) error {
	if p := checkTemplate(string(text)); p != nil {
		return (*setting.Problem)(p)
	}
	*t = Template(text)
	return nil
}

// checkTemplate wants a template whose text is one message, and does not look like a
// delivery receipt.
func checkTemplate(s string) *problem {
	const example = `"{{.Receiver}} has {{.State}} message {{.Number}}"`
	t, err := template.New("feedback").Parse(s)
	if err != nil {
		return &problem{"not a template: " + templateError(err), example}
	}
	var text strings.Builder
	if err := t.Execute(&text, templateSample); err != nil {
		return &problem{"template: " + templateError(err), example}
	}
	n, most := textLen(text.String())
	switch {
	case strings.TrimSpace(text.String()) == "":
		return &problem{"a text with nothing in it", example}
	case n > most:
		return &problem{fmt.Sprintf("up to %d characters, and one message holds %d", n, most), "fewer words"}
	case receiptWords.MatchString(text.String()):
		return &problem{"ESMEs would take a text with id: or stat: for a delivery receipt", "message 17, without the colon"}
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
			return len(utf16.Encode([]rune(s))), maxUCS2
		case strings.ContainsRune("^{}[]~\\|", r):
			n++ // these take two
		}
		n++
	}
	return n, maxSeptets
}
