package promise

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Short forms of events on the one conversation of the tests. Numbers run from 1 to 40.
func submitted() Event { return Event{Kind: Submitted, Conversation: "c"} }

func left(m int, number uint16) Event {
	return Event{Kind: Sent, Conversation: "c", Message: m, Number: number}
}

func taken(m int) Event     { return Event{Kind: Taken, Message: m} }
func confirmed(m int) Event { return Event{Kind: Confirmed, Message: m, Durable: true} }

func asked(r int, number uint16) Event {
	return Event{Kind: Asked, Conversation: "c", Read: r, Number: number}
}

func verdict(r, code int) Event { return Event{Kind: Answered, Read: r, Code: code} }
func told(m int) Event          { return Event{Kind: Told, Message: m, OK: true} }
func is(k Kind) Event           { return Event{Kind: k, OK: k == Stopped} }

func damaged(text string) Event { return Event{Kind: Damaged, Text: text, Reported: true} }

// message is a message that was accepted.
func message(m int, number uint16) []Event {
	return []Event{submitted(), left(m, number), taken(m), confirmed(m)}
}

// messages are those with the numbers from first to last.
func messages(m int, first, last uint16) (all []Event) {
	for n := first; n <= last; n++ {
		all = append(all, message(m+int(n-first), n)...)
	}
	return all
}

func cat(all ...any) (events []Event) {
	for _, a := range all {
		switch a := a.(type) {
		case Event:
			events = append(events, a)
		case []Event:
			events = append(events, a...)
		}
	}
	return events
}

var (
	cycle = messages(1, 1, 40)
	quiet = cat(is(Calm), is(Up), Event{Kind: Note, At: time.Hour})
)

// judge returns the rules that a history breaks. Its events come a millisecond after each other, unless
// they have a time.
func judge(events []Event) (broken []Rule, c *Checker) {
	opt := DefaultOptions()
	opt.Last = 40
	c = New(opt)
	at, wall := time.Duration(0), time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, e := range events {
		at = max(at+time.Millisecond, e.At)
		if e.At = at; e.Wall.IsZero() {
			e.Wall = wall.Add(at)
		}
		c.Add(e)
	}
	for _, v := range c.Finish() {
		if !slices.Contains(broken, v.Rule) {
			broken = append(broken, v.Rule)
		}
	}
	return broken, c
}

func TestChecker(t *testing.T) {
	tests := []struct {
		name   string
		events []Event
		want   []Rule
	}{
		{"a read", cat(message(1, 1), asked(1, 1), verdict(1, 202), told(1), quiet), nil},
		{"a cycle, and the next", cat(cycle, messages(41, 1, 3)), nil},
		{"the same number", cat(messages(1, 1, 5), message(6, 5)), []Rule{NumberTwice}},
		{"an earlier number", cat(messages(1, 1, 5), message(6, 3)), []Rule{NumberTwice}},
		{"a number that was passed and not used", cat(is(Killed), message(1, 1), is(Killed), message(2, 5), message(3, 3)), nil},
		{"a number out of range", cat(message(1, 41)), []Rule{NumberTwice}},
		{"a skip without a reason", cat(message(1, 1), message(2, 3), is(Stopped)), []Rule{SkippedFar}},
		{"a skip after a kill", cat(message(1, 1), is(Killed), message(2, 10), is(Stopped)), nil},
		{"a skip too far after a kill", cat(message(1, 1), is(Killed), message(2, 11), is(Stopped)), []Rule{SkippedFar}},
		{"a skip after a kill without traffic", cat(message(1, 1), is(Killed), is(Killed), message(2, 18), is(Stopped)), []Rule{SkippedFar}},
		{"a skip after a kill without traffic behind a stop", cat(message(1, 1), is(Stopped), is(Killed), message(2, 3), is(Stopped)), []Rule{SkippedFar}},
		{"a skip after a stop that could not finish", cat(message(1, 1), Event{Kind: Stopped}, message(2, 10), is(Stopped)), nil},
		{"a skip when another process takes over", cat(message(1, 1), is(Overtaken), message(2, 18), is(Stopped)), nil},
		{"a skip after a stop", cat(message(1, 1), is(Stopped), message(2, 3), is(Stopped)), []Rule{SkippedFar}},

		{"never answered", cat(left(1, 1), asked(1, 1), verdict(1, 404)), nil},
		{"never answered, and read", cat(left(1, 1), asked(1, 1), verdict(1, 202)), []Rule{ReadInvented}},
		{"never answered, of the next cycle", cat(cycle, left(41, 1), asked(1, 1), verdict(1, 202)), []Rule{ReadInvented}},
		{"feedback on the message of the cycle before", cat(cycle, left(41, 1), asked(1, 1), verdict(1, 503), told(1)), []Rule{WrongFeedback}},
		{"assigned while the read waits", cat(cycle, asked(1, 1), left(41, 1), verdict(1, 202), told(1)), nil},
		{"feedback after 404", cat(message(1, 1), asked(1, 1), is(Killed), told(1), asked(2, 2), verdict(2, 404)), nil},
		{"feedback that nobody caused", cat(message(1, 1), told(1)), []Rule{WrongFeedback}},
		{"feedback on what was not taken", cat(left(1, 1), asked(1, 1), told(1)), []Rule{WrongFeedback}},

		{"no feedback", cat(message(1, 1), asked(1, 1), verdict(1, 202), quiet), []Rule{NoFeedback}},
		{"no feedback yet", cat(message(1, 1), asked(1, 1), verdict(1, 202)), nil},
		{"feedback twice", cat(message(1, 1), asked(1, 1), verdict(1, 202), told(1), told(1)), []Rule{FeedbackTwice}},
		{"feedback twice, with a kill", cat(message(1, 1), asked(1, 1), verdict(1, 202), told(1), is(Killed), told(1)), nil},
		{"feedback twice, with a stop", cat(message(1, 1), asked(1, 1), verdict(1, 202), told(1), is(Stopped), told(1)), []Rule{FeedbackTwice}},
		{"feedback twice, when nothing could be sent", cat(message(1, 1), asked(1, 1), told(1), is(Severed), is(Stopped), told(1)), nil},
		{"feedback that the ESME did not take", cat(message(1, 1), asked(1, 1), Event{Kind: Told, Message: 1}, told(1)), nil},

		{"lost", cat(message(1, 1), asked(1, 1), verdict(1, 404)), []Rule{MessageLost}},
		{"lost, and the ESME did not know", cat(left(1, 1), taken(1), asked(1, 1), verdict(1, 404)), nil},
		{"its number may have been assigned again", cat(cycle, submitted(), is(Killed), asked(1, 8), verdict(1, 404)), nil},
		{"its number may not yet", cat(cycle, submitted(), is(Killed), asked(1, 9), verdict(1, 404)), []Rule{MessageLost}},
		{"its number may have been assigned by another process", cat(cycle, is(Overtaken), asked(1, 16), verdict(1, 404)), nil},
		{"it cannot", cat(cycle, is(Overtaken), asked(1, 17), verdict(1, 404)), []Rule{MessageLost}},
		{"too old", cat(message(1, 1), Event{Kind: Note, At: 160 * time.Hour}, asked(1, 1), verdict(1, 410)), nil},
		{"too old too early", cat(message(1, 1), Event{Kind: Note, At: 100 * time.Hour}, asked(1, 1), verdict(1, 410)), []Rule{MessageLost}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, c := judge(tt.events); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
				for _, v := range c.Violations() {
					t.Log(c.Explain(v))
				}
			}
		})
	}
}

func TestCheckerOfTheProcess(t *testing.T) {
	after := func(e Event) []Event { // what was lost since the second message
		return cat(message(1, 1), asked(1, 1), verdict(1, 202), told(1), message(2, 2), asked(2, 2), verdict(2, 202),
			Event{Kind: Lost, Since: 5 * time.Millisecond}, e)
	}
	tests := []struct {
		name   string
		events []Event
		want   []Rule
	}{
		{"a loss that is reported", cat(damaged("log"), is(Logged), quiet), nil},
		{"a loss that is not", cat(damaged("log"), quiet), []Rule{SilentLoss}},
		{"a loss that was never noticed", cat(is(Logged), damaged("log"), quiet), []Rule{SilentLoss}},
		{"a forgotten number", after(left(3, 2)), nil},
		{"a forgotten message", cat(after(asked(3, 2)), verdict(3, 404), quiet), nil},
		{"one that is not forgotten", cat(after(asked(3, 1)), verdict(3, 404)), []Rule{MessageLost}},
		{"a number that is not", after(left(3, 1)), []Rule{NumberTwice}},
		{"a first number behind a loss", cat(damaged("log"), is(Logged), message(1, 9), is(Stopped)), nil},
		{"held up", cat(Event{Kind: Held, Took: 3 * time.Second}), []Rule{HeldUp}},
		{"held up for a moment", cat(Event{Kind: Held, Took: time.Second}), nil},
		{"a stop", cat(Event{Kind: Stopped, Took: 14 * time.Second}), nil},
		{"a stop that takes too long", cat(Event{Kind: Stopped, Took: 16 * time.Second}), []Rule{StopLate}},
		{"never back", cat(is(Calm), Event{Kind: Note, At: time.Minute}), []Rule{NotBack}},
		{"back late", cat(is(Calm), Event{Kind: Up, At: time.Minute}), []Rule{NotBack}},
		{"away again", cat(is(Calm), is(Up), is(Down), Event{Kind: Note, At: time.Minute}), []Rule{NotBack}},
		{"away while things fail", cat(is(Down), Event{Kind: Note, At: time.Minute}), nil},
		{"503 while it is up", cat(message(1, 1), is(Calm), is(Up), asked(1, 1), verdict(1, 503)), []Rule{NotBack}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, c := judge(tt.events); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
				for _, v := range c.Violations() {
					t.Log(c.Explain(v))
				}
			}
		})
	}
}

// A history shows what is about the number, and the process.
func TestExplain(t *testing.T) {
	_, c := judge(cat(message(1, 1), message(2, 2), is(Killed), asked(1, 1), verdict(1, 503), asked(2, 1), verdict(2, 404)))
	text := c.Explain(c.Violations()[0])
	for _, want := range []string{string(MessageLost), "sent m1 in c number 1", "killed", "verdict r2 404"} {
		if !strings.Contains(text, want) {
			t.Errorf("got %q, want %q in it", text, want)
		}
	}
	for _, not := range []string{"m2", "r1"} {
		if strings.Contains(text, not) {
			t.Errorf("got %q, want no %s in it", text, not)
		}
	}
	if got, want := Summary(c.Violations()), string(MessageLost); got != want {
		t.Errorf("summary: got %q, want %q", got, want)
	}
}
