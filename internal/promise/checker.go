package promise

import (
	"fmt"
	"strings"
	"time"
)

// Options say what was promised.
type Options struct {
	First, Last uint16        // the numbers of a cycle
	Keep        time.Duration // how long a message can be read

	MaxWait   time.Duration // how long an ESME may wait for the log: one append fails, and the next
	MaxStop   time.Duration // how long a stop may take
	MaxReturn time.Duration // how long the ledger may be away when nothing fails
}

// DefaultOptions are the promises of a gateway with the default settings.
func DefaultOptions() Options {
	return Options{
		First: 1, Last: 257, Keep: 168 * time.Hour,
		MaxWait: 2*time.Second + 100*time.Millisecond, MaxStop: 15 * time.Second, MaxReturn: 30 * time.Second,
	}
}

// Checker judges a history. It belongs to one goroutine.
type Checker struct {
	opt           Options
	history       []Event
	conversations map[string]*conversation
	messages      map[int]*sent
	reads         map[int]*read
	unreported    []Event // damage that no ERROR has named yet
	breaks        int     // kills, and stops that could not finish
	damaged       bool    // log or index once were
	up            bool
	calm          bool
	since         time.Duration // calm and not up since then
	maxWall       time.Time
	violations    []Violation
}

// Violation is a promise that was broken.
type Violation struct {
	Rule Rule
	Text string
	At   int // event of the history

	conversation string
	number       uint16
}

// window is how many numbers of a conversation the log may not know when a process ends. So many may be
// skipped.
const window = 8

// Rule names a promise.
type Rule string

// The rules.
const (
	NumberTwice   Rule = "a number was assigned twice in a cycle"
	SkippedFar    Rule = "more numbers were skipped than may have been assigned"
	ReadInvented  Rule = "a read was accepted for which the number stood for no message that the SMSC had taken"
	WrongFeedback Rule = "feedback came on a message that nobody has read"
	NoFeedback    Rule = "a read was accepted and there was no feedback"
	FeedbackTwice Rule = "feedback came twice, and nothing was killed since the read response"
	MessageLost   Rule = "a message that was accepted cannot be read"
	SilentLoss    Rule = "a loss was not reported"
	HeldUp        Rule = "SMS was held up"
	StopLate      Rule = "a stop took too long"
	NotBack       Rule = "the ledger did not come back"
)

// ofNumbers reports whether the numbers of all messages help to understand a violation.
func (r Rule) ofNumbers() bool { return r == NumberTwice || r == SkippedFar }

// New returns a checker of an empty history.
func New(opt Options) *Checker {
	return &Checker{
		opt: opt, conversations: make(map[string]*conversation), messages: make(map[int]*sent), reads: make(map[int]*read),
	}
}

// Add adds an event.
func (c *Checker) Add(e Event) {
	c.history = append(c.history, e)
	if e.Wall.After(c.maxWall) {
		c.maxWall = e.Wall
	}
	switch e.Kind {
	case Submitted:
		c.conversation(e.Conversation).busy = true
	case Sent:
		c.sent(e)
	case Taken:
		c.messages[e.Message].taken = true
	case Confirmed:
		if m := c.messages[e.Message]; e.Durable && m.knownAt == 0 {
			m.knownAt = e.At
		}
	case Asked:
		c.asked(e)
	case Answered:
		c.answered(e)
	case Told:
		c.told(e)
	case Lost:
		c.lost(e)
	case Held, Up, Down, Killed, Stopped, Overtaken, Severed, Damaged, Logged, Calm:
		c.running(e)
	case Moved, Note:
	}
}

// Finish checks what has to be done by the end of the history, if nothing failed any more.
func (c *Checker) Finish() []Violation {
	if !c.calm {
		return c.violations
	}
	c.feedbackDue()
	c.backByNow()
	for _, e := range c.unreported {
		c.violate(SilentLoss, nil, 0, "%s", e.Text)
	}
	return c.violations
}

// Violations are the promises that were broken so far.
func (c *Checker) Violations() []Violation { return c.violations }

// History returns the events so far.
func (c *Checker) History() []Event { return c.history }

// violate notes a violation about a number of a conversation, which may be nil.
func (c *Checker) violate(r Rule, conv *conversation, number uint16, format string, args ...any) {
	v := Violation{Rule: r, Text: fmt.Sprintf(format, args...), At: len(c.history), number: number}
	if conv != nil {
		v.conversation = conv.name
	}
	c.violations = append(c.violations, v)
}

// Explain returns a violation with the history of the number in its conversation, and of the process
// and its store: the last lines before it.
func (c *Checker) Explain(v Violation) string {
	var lines []string
	for i, e := range c.history[:v.At] {
		conv, number := c.about(e)
		switch {
		case conv == "" && e.Kind == Note && i < v.At-noted:
			continue
		case conv != "" && conv != v.conversation, conv != "" && number != v.number && !(v.Rule.ofNumbers() && e.Kind == Sent):
			continue
		}
		if r := c.reads[e.Read]; r != nil && r.code == 503 {
			continue
		}
		lines = append(lines, e.String())
	}
	if n := len(lines); n > shown {
		lines = append([]string{fmt.Sprintf("  … %d lines before", n-shown)}, lines[n-shown:]...)
	}
	return fmt.Sprintf("%s: %s\n%s", v.Rule, v.Text, strings.Join(lines, "\n"))
}

// What Explain shows: lines, and how many events back those are whose kind is Note.
const (
	shown = 120
	noted = 100
)

// about returns the conversation and the number of an event; of nothing if it is about the process.
func (c *Checker) about(e Event) (string, uint16) {
	switch {
	case e.Conversation != "":
		return e.Conversation, e.Number
	case e.Message > 0:
		m := c.messages[e.Message]
		return m.conv.name, m.number
	case e.Read > 0:
		r := c.reads[e.Read]
		return r.conv.name, r.number
	}
	return "", 0
}
