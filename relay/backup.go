package relay

import (
	"context"
	"errors"

	"readback/relay/archive"
	"readback/relay/broker"
	"readback/relay/ledger"
)

var errBackup = errors.New("a backup is being made; wait until it is done")

// Archive returns the options of the tools for the store.
func (o *Options) Archive() archive.Options {
	return archive.Options{
		Store: o.Store, Embedded: o.NATS == Embedded, Cluster: broker.Cluster{URL: o.NATS, Creds: o.Creds, NKey: o.NKey},
		Replicas: o.Replicas, Keep: o.Keep, FeedbackKeep: o.FeedbackKeep, First: o.First, Last: o.Last, Log: o.logger(),
	}
}

// Backup writes a backup of the store into dir, while the relay runs. It makes one at a time.
func (r *Relay) Backup(ctx context.Context, dir, release string, progress func(done string)) (*archive.Manifest, error) {
	if !r.backup.TryLock() {
		return nil, errBackup
	}
	defer r.backup.Unlock()
	c := r.conn.Load()
	if c == nil || !r.hasBegun() {
		return nil, ledger.ErrStarting
	}
	opt := r.opt.Archive()
	opt.FeedbackKeep, opt.Release, opt.Progress = r.settings.Load().FeedbackKeep, release, progress
	return archive.Write(ctx, &opt, r.index, c.Connection, dir)
}
