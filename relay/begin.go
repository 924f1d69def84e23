package relay

import (
	"context"
	"errors"
	"slices"

	"readback/relay/feedback"
	"readback/relay/intake"
	"readback/relay/journal"
)

// tryBegin makes the streams and begins an epoch at the end of the log, which it returns.
func (r *Relay) tryBegin(ctx context.Context, c *connection) (*storedLog, error) {
	if !c.NC.IsConnected() {
		return nil, journal.Unreachable(c.NC, journal.ErrNotConnected)
	}
	if err := journal.AwaitOwner(ctx, c.NC); err != nil {
		return nil, err
	}
	streams := slices.Concat(intake.Streams(r.opt.MQTT != nil), feedback.Streams(&r.opt.Settings.Settings))
	stream, err := c.MakeStreams(ctx, r.opt.Replicas, append(streams, journal.StreamConfig(r.opt.Keep))...)
	if err != nil {
		return nil, err
	}
	var asker journal.Asker
	if r.broker != nil {
		asker = r.broker.NewClient("readback log", journal.AppendTimeout)
	}
	log, err := journal.NewJetStream(c.JS, stream, asker)
	if err != nil {
		return nil, err
	}
	l := newStoredLog(log, r.store, r.working)
	for i := range streams {
		l.beside = append(l.beside, streams[i].Name)
	}
	if err := r.rememberStreams(l); err != nil {
		log.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.lost, cancel)()
	if err := r.ledger.Begin(ctx, l); err != nil {
		log.Close()
		if newer, ok := errors.AsType[*journal.FormatError](err); ok {
			return nil, newer // is a sentence for the operator
		}
		return nil, l.reason(err)
	}
	return l, nil
}

// rememberStreams notes the directories of the streams that the embedded server has.
func (r *Relay) rememberStreams(l *storedLog) error {
	if r.broker == nil {
		return nil
	}
	for _, name := range append(l.beside, journal.Stream) {
		if err := r.store.remember(r.broker.Directory(name)); err != nil {
			return err
		}
	}
	return nil
}

// working is that of the embedded server. A cluster says nothing.
func (r *Relay) working() context.Context {
	if r.broker == nil {
		return context.Background()
	}
	return r.broker.Working()
}

// hasBegun reports whether the ledger was up once.
func (r *Relay) hasBegun() bool {
	select {
	case <-r.begun:
		return true
	default:
		return false
	}
}
