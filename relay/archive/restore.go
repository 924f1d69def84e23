package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"readback/relay/broker"
	"readback/relay/journal"
)

// RestoringDir is a directory in the store while a backup is being restored. The store cannot be used then.
const RestoringDir = "restoring"

// Restored says what a restore did.
type Restored struct {
	Backup  *Manifest
	Earlier string   // where the store is that was there before; empty: there was none
	Skipped uint64   // numbers that each conversation skips
	Known   bool     // all of the earlier store could be read
	Reasons []string // why not
	Others  int      // conversations in which the ledger of an earlier store, another one, has assigned numbers
}

// Restore puts a backup in the place of the store. Numbers that were assigned after the backup are not
// assigned again: what the earlier store knows is taken over, and if not all of it can be read, numbers are
// skipped.
func Restore(ctx context.Context, opt *Options, dir string) (done *Restored, err error) {
	if !opt.Embedded {
		return nil, errors.New("restore is for the embedded server (relay.nats: embedded): restore the streams in the cluster with its own tools, " +
			"and leave the index of each gateway as it is")
	}
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	if err := m.verify(ctx, opt, dir); err != nil {
		return nil, err
	}
	lock, err := opt.lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	r := &restoring{opt: opt, from: dir, Restored: Restored{Backup: m}, to: filepath.Join(opt.Store, RestoringDir)}
	if err := r.run(ctx); err != nil {
		return nil, fmt.Errorf("restore %s: %w", dir, err)
	}
	return &r.Restored, nil
}

// restoring is a restore at work.
type restoring struct {
	Restored
	opt      *Options
	from, to string   // the backup, and the new store
	streams  []source // the files of the streams
	earlier  string   // the index of the earlier store; empty: it cannot be read
	other    bool     // that is the index of another ledger
}

// source is the file of a stream, and where it is.
type source struct {
	StreamFile
	dir string
}

// run makes the new store in r.to, and puts it in the place of the earlier one.
func (r *restoring) run(ctx context.Context) error {
	if err := r.prepare(); err != nil {
		return err
	}
	r.readEarlier(ctx)
	if err := r.build(ctx); err != nil {
		return err
	}
	if err := syncTree(r.to); err != nil {
		return err
	}
	return r.swap()
}

// swap puts the new store in the place of the earlier one, whose parts have been moved away before or
// are moved now. A gateway does not begin while r.to is there.
func (r *restoring) swap() error {
	if err := r.setAside(); err != nil {
		return err
	}
	for _, name := range []string{indexDir, natsDir} {
		if err := os.Rename(filepath.Join(r.to, name), filepath.Join(r.opt.Store, name)); err != nil {
			return err
		}
	}
	if err := errors.Join(os.RemoveAll(r.to), syncFile(r.opt.Store)); err != nil {
		return err
	}
	return nil
}

// parts are what a store consists of, beside its lock.
var parts = []string{indexDir, "index.recent", "index.recent.previous", "index.damaged", natsDir}

// prepare makes the directory of the new store.
func (r *restoring) prepare() error {
	if err := os.RemoveAll(r.to); err != nil { // of a restore that was interrupted
		return err
	}
	for _, name := range []string{indexDir, "streams"} {
		if err := os.MkdirAll(filepath.Join(r.to, name), 0o700); err != nil {
			return err
		}
	}
	for _, s := range r.Backup.Streams {
		r.streams = append(r.streams, source{s, r.from})
	}
	return syncFile(r.opt.Store)
}

// setAside moves the earlier store into a directory beside the new one.
func (r *restoring) setAside() error {
	aside := filepath.Join(r.opt.Store, "before-restore-"+time.Now().UTC().Format(timeOfDir))
	for _, name := range parts {
		from := filepath.Join(r.opt.Store, name)
		if _, err := os.Lstat(from); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := os.MkdirAll(aside, 0o700); err != nil {
			return err
		}
		if err := os.Rename(from, filepath.Join(aside, name)); err != nil {
			return err
		}
		r.Earlier = aside
	}
	return nil
}

// build makes the new store.
func (r *restoring) build(ctx context.Context) (err error) {
	r.opt.say("copying the index")
	if err := copyTree(ctx, filepath.Join(r.from, indexDir), filepath.Join(r.to, indexDir)); err != nil {
		return err
	}
	s, err := r.opt.open(ctx, r.to, r.opt.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	l, err := s.log(ctx, r.opt)
	if err != nil {
		return err
	}
	l.Close()
	if err := s.index.Tie(l.Info().Created); err != nil {
		return err
	}
	for _, from := range r.streams {
		if err := r.opt.fill(ctx, s.conn, from); err != nil {
			return fmt.Errorf("stream %s: %w", from.Stream, err)
		}
	}
	r.opt.say("reading the log")
	return r.begin(ctx, s)
}

// fill publishes the messages of a file to a stream.
func (o *Options) fill(ctx context.Context, conn broker.Connection, from source) error {
	f, err := conn.Fill(ctx, from.Stream, from.Stream == journal.Stream)
	if err != nil {
		return err
	}
	n, said := uint64(0), time.Now()
	err = from.each(ctx, from.dir, func(m *broker.Message) error {
		if n++; time.Since(said) > progressEvery {
			said = time.Now()
			o.say("%s: %d of %d messages", from.Stream, n, from.Messages)
		}
		return f.Put(ctx, m)
	})
	if err != nil {
		return err
	}
	has, err := f.End(ctx)
	if err == nil && n != from.Messages {
		err = fmt.Errorf("file has %d messages, want %d", n, from.Messages)
	}
	if err == nil && from.Stream == journal.Stream && has != n {
		err = fmt.Errorf("%d of %d messages were stored", has, n)
	}
	o.say("%s: %d messages", from.Stream, has)
	return err
}
