package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/feedback"
	"readback/relay/intake"
	"readback/relay/journal"
)

// makeStreams creates the streams, or updates those that exist. It returns the ledger's log.
func makeStreams(ctx context.Context, js jetstream.JetStream, opt *Options) (*jetstream.StreamInfo, error) {
	streams := intake.Streams(opt.MQTT != nil)
	streams = append(streams, feedback.Streams(opt.FeedbackKeep)...)
	streams = append(streams, jetstream.StreamConfig{
		Name: journal.Stream, Subjects: []string{journal.Subject}, MaxAge: opt.Keep + 24*time.Hour,
		Duplicates: 100 * time.Millisecond, AllowDirect: true,
	})
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
