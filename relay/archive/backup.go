package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"readback/relay/broker"
	"readback/relay/index"
	"readback/relay/journal"
)

// streams returns the names of the streams beside the log that a backup has. What an MQTT server keeps for
// its clients is left out: they connect again.
func (o *Options) streams() (names []string) {
	for _, s := range o.configs() {
		names = append(names, s.Name)
	}
	return names
}

// Write writes a backup of an index and the streams at conn into dir, which must be empty or not exist.
// Both may be in use.
func Write(ctx context.Context, opt *Options, ix *index.Index, conn broker.Connection, dir string) (*Manifest, error) {
	if err := makeEmpty(dir); err != nil {
		return nil, err
	}
	m := &Manifest{
		Format: Format, Release: opt.Release, Made: time.Now().UTC().Truncate(time.Second), Log: journal.BatchVersion, Index: index.Version,
		Skip: opt.skipSentence(), Numbers: [2]uint16{opt.First, opt.Last},
	}
	if err := m.writeIndex(opt, ix, dir); err != nil {
		return nil, fmt.Errorf("back up the index: %w", err)
	}
	for _, name := range append([]string{journal.Stream}, opt.streams()...) {
		s, err := opt.writeStream(ctx, conn, dir, name)
		if err != nil {
			return nil, fmt.Errorf("back up the stream %s: %w", name, err)
		}
		m.Streams = append(m.Streams, s)
		opt.say("%s: %d messages", name, s.Messages)
	}
	return m, m.write(dir)
}

// makeEmpty makes a directory. One that has something in it may be another backup.
func makeEmpty(dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("directory %s of the backup is not absolute", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of the backup: %w", err)
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("directory of the backup: %w", err)
	}
	if len(all) > 0 {
		return fmt.Errorf("directory %s is not empty: name one that does not exist yet", dir)
	}
	return nil
}

// writeIndex writes the copy of the index, and notes what it is.
func (m *Manifest) writeIndex(opt *Options, ix *index.Index, dir string) error {
	opt.say("copying the index")
	if err := ix.Checkpoint(filepath.Join(dir, indexDir)); err != nil {
		return err
	}
	at, err := ix.Position()
	if err != nil {
		return err
	}
	m.Epoch, m.Serial, m.Messages = at.Epoch, at.Serial, at.Messages
	if m.Instance, err = ix.InstanceOf(at.Epoch); err != nil {
		return err
	}
	return eachFile(filepath.Join(dir, indexDir), func(name string) error {
		f, err := sumFile(dir, filepath.Join(indexDir, name))
		m.Files = append(m.Files, f)
		return err
	})
}

// writeStream writes the file of a stream.
func (o *Options) writeStream(ctx context.Context, conn broker.Connection, dir, name string) (StreamFile, error) {
	w, err := o.createStream(dir, name)
	if err != nil {
		return StreamFile{}, err
	}
	before, there, err := conn.StreamState(ctx, name)
	switch {
	case err != nil || !there:
	case name == journal.Stream:
		err = w.log(ctx, conn)
	default:
		err = conn.EachMessage(ctx, name, w.put)
	}
	err = errors.Join(err, w.end())
	after, there, stateErr := conn.StreamState(ctx, name)
	if there && before.FirstSeq == after.FirstSeq && before.NumDeleted == after.NumDeleted { // nothing was taken out meanwhile
		w.Missing = before.Msgs - min(before.Msgs, w.Messages)
	}
	return w.StreamFile, errors.Join(err, stateErr)
}

// log writes the batches of the log.
func (w *streamWriter) log(ctx context.Context, conn broker.Connection) error {
	s, err := conn.JS.Stream(ctx, journal.Stream)
	if err != nil {
		return err
	}
	l, err := journal.NewJetStream(conn.JS, s.CachedInfo(), nil)
	if err != nil {
		return err
	}
	defer l.Close()
	return l.Replay(ctx, 0, func(seq uint64, batch []byte) error {
		return w.put(&broker.Message{Seq: seq, Subject: journal.Subject, Data: batch})
	})
}

// Backup writes a backup of a store that no gateway uses into dir.
func Backup(ctx context.Context, opt *Options, dir string) (m *Manifest, err error) {
	lock, err := opt.lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	s, err := opt.open(ctx, opt.Store, opt.Log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, _, err := s.follow(ctx, opt, opt.Log); err != nil {
		return nil, err
	}
	return Write(ctx, opt, s.index, s.conn, dir)
}

// verify compares the files of a backup with their checksums.
func (m *Manifest) verify(ctx context.Context, opt *Options, dir string) (err error) {
	files := slices.Clone(m.Files)
	for _, s := range m.Streams {
		files = append(files, s.File)
	}
	opt.say("verifying %d files", len(files))
	for said, i := time.Now(), 0; i < len(files); i++ {
		f := files[i]
		if time.Since(said) > progressEvery {
			said = time.Now()
			opt.say("%d of %d files verified", i, len(files))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		got, e := sumFile(dir, f.Name)
		if e == nil && got != f {
			e = fmt.Errorf("%s is damaged: it has %d octets and SHA-256 %.16s…, and had %d and %.16s…", f.Name, got.Size, got.SHA256, f.Size, f.SHA256)
		}
		err = errors.Join(err, e)
	}
	if err != nil {
		return fmt.Errorf("backup cannot be restored: %w", err)
	}
	return nil
}
