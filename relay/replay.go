package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/journal"
)

// replay brings the index to the end of the log. An index that is not of this log is
// emptied first: it knows a stream that was made at another time, or more messages
// than the log has.
func replay(ctx context.Context, js jetstream.JetStream, info *jetstream.StreamInfo, a *applier, log *slog.Logger) (applied, error) {
	if info.State.Msgs > 0 {
		if err := journal.CheckNewest(ctx, js, info.State.LastSeq); err != nil {
			return applied{}, err
		}
	}
	created := info.Created.UnixNano()
	same, err := a.ix.matches(created)
	if err != nil {
		return applied{}, err
	}
	at, err := a.ix.applied()
	if !same || err != nil || at.seq > info.State.LastSeq {
		if at.seq > 0 {
			log.Warn("index is not of this log and is built again", "index", at.seq, "log", info.State.LastSeq)
		}
		if err := a.ix.rebuild(created); err != nil {
			return applied{}, err
		}
		at = applied{}
	}
	a.cycle = at.cycle
	from := max(at.seq+1, info.State.FirstSeq)
	if info.State.Msgs == 0 || from > info.State.LastSeq {
		return at, nil
	}
	began := time.Now()
	if err := feed(ctx, js, from, info.State.LastSeq, a); err != nil {
		return applied{}, err
	}
	log.Info("log replayed", "from", from, "to", info.State.LastSeq, "took", time.Since(began))
	return a.ix.applied()
}

// feed applies the messages from…to of the log.
func feed(ctx context.Context, js jetstream.JetStream, from, to uint64, a *applier) error {
	c, err := js.OrderedConsumer(ctx, journal.Stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   from,
	})
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(256))
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	defer messages.Stop()
	for seq := uint64(0); seq < to; {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if seq = meta.Sequence.Stream; seq > to {
			return errors.New("read the log: another writer appends to it")
		}
		if _, err := a.apply(seq, m.Data(), true); err != nil {
			return err
		}
	}
	return nil
}
