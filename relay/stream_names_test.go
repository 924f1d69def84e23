package relay

// The streams and subjects of feedback, as operators and other programs know them.
const (
	streamFeedback = "READBACK_FEEDBACK"
	streamDead     = "READBACK_DEAD"
	streamHeld     = "READBACK_HELD"
	streamEvents   = "READBACK_EVENTS"

	subjectEvents = "readback.events."
)
