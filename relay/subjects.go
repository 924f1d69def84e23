package relay

// Each receiver has a subject for its read responses and one for the verdicts on them: for MQTT
// the topics readback/reads/<receiver> and readback/verdicts/<receiver>. The authorizer of the
// embedded server lets nobody publish for another receiver.
const (
	subjectReadsOf    = "readback.reads."
	subjectVerdictsOf = "readback.verdicts."

	// subjectReadsNow is where the process answers requests; it is that of no receiver.
	subjectReadsNow = subjectReadsOf + "now"
)

// The stream in which a NATS server stores what comes by MQTT, and the beginning of its subjects.
const (
	streamMQTT  = "$MQTT_msgs"
	subjectMQTT = "$MQTT.msgs."
)
