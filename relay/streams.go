package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/broker"
	"readback/relay/journal"
)

// Streams and subjects beside the ledger's log.
const (
	streamReads  = "READBACK_READS"
	subjectReads = "readback.reads"
)

// Bounds of the streams.
const (
	readsAge    = 24 * time.Hour
	readsOctets = 256 << 20
)

// makeStreams makes the streams, or brings those that are there to these settings. It
// returns the ledger's log.
func makeStreams(ctx context.Context, js jetstream.JetStream, opt *Options) (*jetstream.StreamInfo, error) {
	streams := []jetstream.StreamConfig{
		{
			Name: streamReads, Subjects: []string{subjectReads}, Retention: jetstream.WorkQueuePolicy,
			MaxAge: readsAge, MaxBytes: readsOctets, Discard: jetstream.DiscardNew,
		},
	}
	streams = append(streams, feedbackStreams(opt.FeedbackKeep)...)
	streams = append(streams, jetstream.StreamConfig{
		Name: journal.Stream, Subjects: []string{journal.Subject}, MaxAge: opt.Keep + 24*time.Hour,
		Duplicates: 100 * time.Millisecond, AllowDirect: true,
	})
	if opt.MQTT != nil {
		streams = append(broker.MQTTStreams(readsAge, readsOctets), streams...)
	}
	var info *jetstream.StreamInfo
	for _, c := range streams {
		c.Storage, c.Replicas = jetstream.FileStorage, opt.Replicas
		s, err := js.CreateOrUpdateStream(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", c.Name, err)
		}
		info = s.CachedInfo()
	}
	return info, nil
}
