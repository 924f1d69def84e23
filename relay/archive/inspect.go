package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/broker"
	"readback/relay/index"
	"readback/relay/journal"
)

// Report says what is in a store, and what is wrong with it.
type Report struct {
	Intact  []string // sentences about what can be read
	Damaged []string // sentences about what cannot be read, or was lost; empty: all is intact
}

// checkingDir is where Check has its copy of the store, in the store.
const checkingDir = "checking"

// Check reads all of a store that no gateway uses. It works on a copy, because opening a damaged store
// changes it. The copy is removed.
func Check(ctx context.Context, opt *Options) (report *Report, err error) {
	lock, err := opt.lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	dir := filepath.Join(opt.Store, checkingDir)
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := opt.copyStore(ctx, dir); err != nil {
		return nil, fmt.Errorf("copy the store for the check (it needs as much room as the store has): %w", err)
	}
	return opt.inspect(ctx, dir, false)
}

// Repair reads all of a store that no gateway uses, and repairs what can be repaired: a damaged index is
// built again from the log and from what can be read of it, and what cannot be read of the log is taken out.
func Repair(ctx context.Context, opt *Options) (report *Report, err error) {
	lock, err := opt.lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return opt.inspect(ctx, opt.Store, true)
}

// copyStore copies the store to dir.
func (o *Options) copyStore(ctx context.Context, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, part := range parts {
		info, err := os.Stat(filepath.Join(o.Store, part))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		o.say("copying %s", part)
		switch from, to := filepath.Join(o.Store, part), filepath.Join(dir, part); {
		case err != nil:
		case info.IsDir():
			err = copyTree(ctx, from, to)
		default:
			err = copyFile(from, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inspection is a check or a repair at work.
type inspection struct {
	*Options
	*stopped
	Report
	found  findings
	repair bool
	bad    []uint64 // sequences of batches that cannot be read
	unread []string // streams with messages that cannot be read
}

// inspect opens the store in dir, as a gateway does when it begins, and reads all of it.
func (o *Options) inspect(ctx context.Context, dir string, repair bool) (report *Report, err error) {
	i := &inspection{Options: o, repair: repair}
	log := i.found.logger()
	o.say("opening the store")
	if i.stopped, err = o.open(ctx, dir, log); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, i.close()) }()
	if err := i.readIndex(); err != nil {
		return nil, err
	}
	if err := i.readStreams(ctx); err != nil {
		return nil, err
	}
	o.say("comparing the index and the log")
	a, l, err := i.follow(ctx, o, log)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	at := a.Position()
	i.intact("the ledger has %d batches up to epoch %d, with %d messages that this release or a later one numbered", at.Serial%index.RestoreGap, at.Epoch, at.Messages)
	if repair && l.Info().Empty && at.Serial > 0 {
		err = o.appendEpoch(ctx, a, l, epoch{by: "repair", after: 1}) // the log goes on where the index is
	}
	if repair && err == nil {
		err = i.takeOut(ctx, filepath.Join(dir, "damaged-"+time.Now().UTC().Format(timeOfDir)))
	}
	i.Damaged = i.found.list()
	return &i.Report, err
}

func (i *inspection) intact(format string, args ...any) {
	i.Intact = append(i.Intact, fmt.Sprintf(format, args...))
}

// readIndex reads all rows, with their checksums.
func (i *inspection) readIndex() error {
	rows, said := 0, time.Now()
	err := i.index.EachRow(func([]byte, []byte) bool {
		if rows++; time.Since(said) > progressEvery {
			said = time.Now()
			i.say("index: %d rows", rows)
		}
		return true
	})
	if errors.Is(err, index.ErrClosed) {
		return err
	}
	if err != nil {
		i.found.add("index: %d rows can be read, and then there is damage: %v", rows, err)
		return nil
	}
	i.intact("index: %d rows", rows)
	return nil
}

// readStreams reads all messages of all streams.
func (i *inspection) readStreams(ctx context.Context) error {
	for _, name := range append([]string{journal.Stream}, i.streams()...) {
		state, there, err := i.conn.StreamState(ctx, name)
		if err == nil && !there && i.hasFiles(name) {
			i.found.add("%s: the stream has files, and cannot be opened", name)
			state, there, err = i.describe(ctx, name)
		}
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		if err := i.readStream(ctx, name, state); err != nil {
			return err
		}
	}
	return nil
}

// readStream reads all messages of a stream.
func (i *inspection) readStream(ctx context.Context, name string, state jetstream.StreamState) error {
	n, said, bad := uint64(0), time.Now(), len(i.bad)
	err := i.conn.EachMessage(ctx, name, func(m *broker.Message) error {
		if n++; time.Since(said) > progressEvery {
			said = time.Now()
			i.say("%s: %d of %d messages", name, n, state.Msgs)
		}
		if name == journal.Stream {
			i.readBatch(m)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if n < state.Msgs {
		i.found.add("%s: %d of %d messages cannot be read", name, state.Msgs-n, state.Msgs)
		i.unread = append(i.unread, name)
	}
	if name == journal.Stream && state.NumDeleted > 0 {
		i.found.add("%s: %d messages between %d and %d are gone", name, state.NumDeleted, state.FirstSeq, state.LastSeq)
	}
	i.intact("%s: %d messages, %d to %d", name, n-uint64(len(i.bad)-bad), state.FirstSeq, state.LastSeq)
	return nil
}

// hasFiles reports whether the embedded server has a directory of a stream.
func (i *inspection) hasFiles(stream string) bool {
	if i.server == nil {
		return false
	}
	_, err := os.Stat(i.server.Directory(stream))
	return err == nil
}

// describe has the server describe a stream anew whose description is damaged. The messages stay.
func (i *inspection) describe(ctx context.Context, name string) (state jetstream.StreamState, ok bool, err error) {
	dir := filepath.Dir(i.server.Directory(name))
	for _, file := range []string{"meta.inf", "meta.sum"} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return state, false, err
		}
	}
	l, err := i.stopped.log(ctx, i.Options)
	if err != nil {
		return state, false, err
	}
	l.Close()
	return i.conn.StreamState(ctx, name)
}

// readBatch reads all records of a batch.
func (i *inspection) readBatch(m *broker.Message) {
	r, err := journal.ParseBatch(m.Data)
	for rec := (journal.Record{}); err == nil && r.Next(&rec); {
	}
	if err = errors.Join(err, r.Err); err != nil {
		i.bad = append(i.bad, m.Seq)
		i.found.add("%s: the batch with sequence %d is damaged", journal.Stream, m.Seq)
	}
}
