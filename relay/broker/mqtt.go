package broker

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bounds of what the embedded server keeps for MQTT clients, in octets. The streams of retained
// messages and of sessions drop the oldest when they are full. The others take no more, and the
// server acknowledges nothing.
const (
	mqttHeld     = 64 << 20 // of QoS 2, until it is released
	mqttRetained = 16 << 20 // this application needs none
	mqttSessions = 64 << 20
)

// MQTTStreams returns the streams that the server keeps for MQTT clients, as it would make them
// for its first client, but bounded. They must be made before that client connects. Messages that
// nobody consumes are not kept; the others are for maxAge, up to maxOctets.
func MQTTStreams(maxAge time.Duration, maxOctets int64) []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name: StreamMQTT, Subjects: []string{SubjectMQTT + ">"}, Retention: jetstream.InterestPolicy,
			MaxAge: maxAge, MaxBytes: maxOctets, Discard: jetstream.DiscardNew,
		},
		{
			Name: "$MQTT_qos2in", Subjects: []string{"$MQTT.qos2.in.>"}, MaxMsgsPerSubject: 1,
			MaxBytes: mqttHeld, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
		},
		{Name: "$MQTT_rmsgs", Subjects: []string{"$MQTT.rmsgs.>"}, MaxMsgsPerSubject: 1, MaxBytes: mqttRetained},
		{Name: "$MQTT_sess", Subjects: []string{"$MQTT.sess.>"}, MaxMsgsPerSubject: 1, MaxBytes: mqttSessions},
	}
}
