// Package promise judges a gateway by what ESMEs, SMSC and receivers saw of it. It knows only what the
// ledger promises (docs/architecture.md, "What the ledger promises"), and never looks into the ledger:
//
//   - A number stands for the newest message to which it was assigned, whatever happened to that
//     message. A read response is never reported about another one.
//   - No number is assigned twice in a cycle.
//   - A read response that was accepted leads to one feedback. The feedback comes twice only if the
//     process was killed in between.
//   - A message that the ESME knows to be accepted can be read, as long as messages are kept.
//   - What is lost is reported in a line of level ERROR.
//   - SMS is not held up for longer than a second, and the ledger comes back by itself.
//
// A test gives a [Checker] the events in the order in which they happened.
package promise

import (
	"fmt"
	"strings"
	"time"
)

// Kind says what happened.
type Kind int

// The kinds of events. Behind each are the fields that count, besides At and Wall.
const (
	Submitted Kind = iota // an ESME sent a message: Conversation, Message
	Sent                  // it left for the SMSC with a number: Conversation, Number, Message
	Taken                 // the gateway got the SMSC's OK, in time or late: Message
	Confirmed             // the OK was passed to the ESME, or it was late and is recorded: Message; Durable if the ledger was up
	Asked                 // a read response was sent: Read, Conversation, Number
	Answered              // it got its verdict: Read, Code
	Told                  // the ESME got the feedback on a message: Message; OK if it took it
	Held                  // an ESME had to wait: Took, Text
	Up                    // numbers are assigned and reads taken
	Down                  // they are not
	Killed                // the process ended at once
	Stopped               // it stopped when it was asked to: Took; OK if it says that it could write everything down
	Overtaken             // another process has taken the log over, while this one goes on
	Severed               // acknowledgements of feedback could not be sent before the process ended
	Damaged               // the store was damaged: Text; Reported if an ERROR has to say so
	Lost                  // log and index have both forgotten what came after Since: Text
	Logged                // the gateway logged a line of level ERROR: Text
	Moved                 // the clock was moved: Text
	Calm                  // from now on nothing fails
	Note                  // what helps to understand the history: Text
)

var names = [...]string{
	"submitted", "sent", "taken", "confirmed", "read response", "verdict", "told", "held up", "up", "down", "killed", "stopped",
	"overtaken", "acknowledgements not sent", "damaged", "lost", "logged", "clock", "calm", "note",
}

// Event is one thing that somebody saw.
type Event struct {
	Kind Kind
	At   time.Duration // since the beginning; it never goes back
	Wall time.Time     // by the clock of the gateway

	Conversation string
	Number       uint16
	Message      int // the caller counts messages and read responses
	Read         int
	Code         int // as in HTTP
	OK           bool
	Durable      bool
	Reported     bool
	Since        time.Duration
	Took         time.Duration
	Text         string
}

// String returns the event as a line of a history.
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%14s  %s", e.At.Round(time.Microsecond), names[e.Kind])
	if e.Read > 0 {
		fmt.Fprintf(&b, " r%d", e.Read)
	}
	if e.Message > 0 {
		fmt.Fprintf(&b, " m%d", e.Message)
	}
	if e.Conversation != "" {
		fmt.Fprintf(&b, " in %s", e.Conversation)
	}
	switch e.Kind {
	case Sent, Asked:
		fmt.Fprintf(&b, " number %d", e.Number)
	case Answered:
		fmt.Fprintf(&b, " %d", e.Code)
	case Told:
		fmt.Fprintf(&b, " taken: %v", e.OK)
	case Confirmed:
		fmt.Fprintf(&b, " ledger up: %v", e.Durable)
	case Lost:
		fmt.Fprintf(&b, " since %s", e.Since)
	}
	if e.Took > 0 {
		fmt.Fprintf(&b, " %s", e.Took)
	}
	if e.Text != "" {
		fmt.Fprintf(&b, " (%s)", e.Text)
	}
	return b.String()
}
