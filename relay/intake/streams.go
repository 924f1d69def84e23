package intake

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/broker"
)

// The stream of read responses of NATS clients, and the subject that they publish on.
const (
	streamReads  = "READBACK_READS"
	subjectReads = broker.SubjectReads
)

// Bounds of the streams of read responses.
const (
	readsAge    = 24 * time.Hour
	readsOctets = 256 << 20
)

// Streams returns the streams that read responses are taken from. Those of MQTT are the embedded
// server's own.
func Streams(mqtt bool) (all []jetstream.StreamConfig) {
	if mqtt {
		all = broker.MQTTStreams(readsAge, readsOctets)
	}
	return append(all, jetstream.StreamConfig{
		Name: streamReads, Subjects: []string{subjectReads}, Retention: jetstream.WorkQueuePolicy,
		MaxAge: readsAge, MaxBytes: readsOctets, Discard: jetstream.DiscardNew,
	})
}
