package intake

import (
	"slices"
	"strings"

	"readback/relay/broker"
	"readback/relay/message"
)

// topic is the topic readback/reads/<receiver> on which a read response came.
type topic struct {
	receiver message.Addr
	wrong    string   // why it is not the topic of a receiver; empty if it is
	verdicts []string // the subjects of the verdict; empty if the topic names no receiver
}

// parseTopic reads the subject of a topic. The verdict goes to readback/verdicts/<receiver>: with the
// receiver as it is written, and with its number if that is something else. A topic with other levels, such
// as those that a slash too many makes, is not the topic of a receiver. If one of its levels is a number,
// the verdict says so to that receiver. Two numbers are none: the client may speak for only one of them.
func parseTopic(subject string) topic {
	all := levels(subject)
	names := slices.DeleteFunc(slices.Clone(all), func(level string) bool { return level == "" })
	names = names[min(len(names), 2):] // behind readback and reads
	if len(all) == 3 && len(names) == 1 {
		return topicOf(names[0], subject)
	}
	var numbers []message.Addr
	for _, name := range names {
		if a, err := message.ParsePhoneNumber(name); err == nil {
			numbers = append(numbers, a)
		}
	}
	t := topic{wrong: "is not readback/reads/ and the receiver"}
	if len(numbers) == 1 {
		t.verdicts = []string{broker.SubjectVerdictsOf + numbers[0].String()}
	}
	return t
}

// topicOf returns the topic with the level receiver behind readback/reads.
func topicOf(receiver, subject string) topic {
	t := topic{verdicts: []string{broker.SubjectVerdictsOf + strings.TrimPrefix(subject, broker.SubjectReadsOf)}}
	a, err := message.ParsePhoneNumber(receiver)
	if err != nil {
		t.wrong = err.Error()
		return t
	}
	t.receiver = a
	if number := broker.SubjectVerdictsOf + a.String(); number != t.verdicts[0] {
		t.verdicts = append(t.verdicts, number)
	}
	return t
}

// levels returns the levels of the MQTT topic for which a subject stands. The server writes an empty level
// as `/`, and a period in a level as `//`.
func levels(subject string) []string {
	all := strings.Split(subject, ".")
	for i, level := range all {
		if level == "/" {
			level = ""
		}
		all[i] = strings.ReplaceAll(level, "//", ".")
	}
	return all
}
