package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDemoOnce runs the demo as a user would and reads its transcript: all three
// kinds of messages, a read response each, and the feedback with the right message_id.
func TestDemoOnce(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs([]string{"demo", "--once"})
	cmd.SetOut(&out)
	if err := cmd.ExecuteContext(ctx); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	element := regexp.MustCompile(`number 1 by element \[80 02 00 01\]`)
	marker := regexp.MustCompile(`booked \(2\)§001": number 1 by marker`)
	chinese := regexp.MustCompile(`您的餐位已订好（3）□001": number 1 by marker`)
	console := regexp.MustCompile(`^The console, .*: http://127.0.0.1:\d+/console/`)
	for _, want := range []*regexp.Regexp{element, marker, chinese, console} {
		if !want.Match(out.Bytes()) {
			t.Errorf("the transcript lacks %s:\n%s", want, out.String())
		}
	}
	sent := regexp.MustCompile(`submit_sm_resp ─► ESME +message_id (\S+)`).FindAllStringSubmatch(out.String(), -1)
	told := regexp.MustCompile(`deliver_sm ─► ESME +esm_class 08, message_id (\S+),`).FindAllStringSubmatch(out.String(), -1)
	if len(sent) != 3 || len(told) != 3 || sent[0][1] != told[0][1] || sent[1][1] != told[1][1] || sent[2][1] != told[2][1] {
		t.Fatalf("message_ids sent %v, told %v, want the same three", sent, told)
	}
	lists := regexp.MustCompile(`the ESME's list, .*: (\S+) read; shown: read at (\S+), sent at none`).FindAllStringSubmatch(out.String(), -1)
	for i, l := range lists {
		if l[1] != sent[i][1] || l[2] != sent[i][1] {
			t.Errorf("the ESME's list has %s, want %s", l[0], sent[i][1])
		}
	}
	if len(lists) != 3 {
		t.Errorf("%d lists of the ESME in the transcript, want 3", len(lists))
	}
	if n := strings.Count(out.String(), "POST /v1/reads"); n != 3 {
		t.Errorf("%d read responses in the transcript, want 3", n)
	}
}

// TestDemoSaysWhatIsMissing stops the demo before anything can come.
func TestDemoSaysWhatIsMissing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cmd := newCommand()
	cmd.SetArgs([]string{"demo", "--once"})
	cmd.SetOut(new(bytes.Buffer))
	if err := cmd.ExecuteContext(ctx); err == nil {
		t.Error("no error, want one that says what did not come")
	}
}
