package broker

// Each receiver has a subject for its read responses and one for the verdicts on them: for MQTT
// the topics readback/reads/<receiver> and readback/verdicts/<receiver>. The authorizer of the
// embedded server lets nobody publish for another receiver.
const (
	SubjectReadsOf    = "readback.reads."
	SubjectVerdictsOf = "readback.verdicts."

	// SubjectReads is that of the stream of read responses. A message says in its headers who sent it.
	SubjectReads = "readback.reads"

	// SubjectReadsNow is where the process answers requests; it is that of no receiver.
	SubjectReadsNow = SubjectReadsOf + "now"
)

// SubjectsReads are the beginnings of the subjects of read responses: SubjectReadsOf, and those of topics
// with a slash too many in front of readback or reads. Readback tells the client of these that its topic is
// wrong.
var SubjectsReads = []string{SubjectReadsOf, "/." + SubjectReadsOf, "readback./.reads."}

// The stream in which a NATS server stores what comes by MQTT, and the beginning of its subjects.
const (
	StreamMQTT  = "$MQTT_msgs"
	SubjectMQTT = "$MQTT.msgs."
)
