package main

import (
	"bytes"
	"errors"
	"testing"
)

func TestSay(t *testing.T) {
	for text, want := range map[string]string{
		"plain, caf\u00e9 \u2192 \u4f60\n": "plain, caf\u00e9 \u2192 \u4f60\n",
		"\x1b[2J\x1b]0;title\x07":          `\x1b[2J\x1b]0;title\a`,
		"\u009b31m\u009d\x7f\b\r":          `\u009b31m\u009d\x7f\b\r`,
		"\xff\xe9'":                        `\xff\xe9'`,
		"\u202eright to left\u200b":        `\u202eright to left\u200b`,
		"a\tb\nc":                          "a\tb\nc",
	} {
		var b bytes.Buffer
		say(&b, "%v", errors.New(text))
		if got := b.String(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	var b bytes.Buffer
	row(&b, "bank\t9\n", 7, "\x1bc")
	if got, want := b.String(), `bank\t9\n`+"\t7\t"+`\x1bc`+"\n"; got != want {
		t.Errorf("row: got %q, want %q", got, want)
	}
}
