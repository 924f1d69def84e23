package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/broker"
	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/intake"
	"readback/relay/journal"
	"readback/relay/message"
)

// maxPayload is the size of the largest message that is put into a stream, in octets.
const maxPayload = journal.MaxBatch + 16<<10

// connectTime is how long a cluster may take to answer.
const connectTime = 10 * time.Second

// stopped is a store that no gateway uses.
type stopped struct {
	index  *index.Index
	server *broker.Server // nil with a cluster
	conn   broker.Connection
}

// lock takes the lock of the store.
func (o *Options) lock() (io.Closer, error) {
	if err := os.MkdirAll(o.Store, 0o700); err != nil {
		return nil, fmt.Errorf("store %s: %w", o.Store, err)
	}
	lock, err := index.LockStore(o.Store)
	if err != nil {
		return nil, &LockedError{o.Store, err}
	}
	if err := checkOwner(o.Store); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// checkOwner returns an error if the store is not that of the user of this process: the gateway could not
// use the files that it makes.
func checkOwner(store string) error {
	info, err := os.Stat(store)
	if err != nil {
		return err
	}
	if of, ok := info.Sys().(*syscall.Stat_t); ok && int(of.Uid) != os.Geteuid() {
		return fmt.Errorf("store %s belongs to the user with id %d: run this command as that user (sudo -u '#%d' readback store …)", store, of.Uid, of.Uid)
	}
	return nil
}

// LockedError says that a store could not be locked.
type LockedError struct {
	Store string
	Err   error
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("store %s cannot be locked (%v): if a gateway runs, stop it first", e.Store, e.Err)
}

func (e *LockedError) Unwrap() error { return e.Err }

// open opens the store in dir.
func (o *Options) open(ctx context.Context, dir string, log *slog.Logger) (s *stopped, err error) {
	s = &stopped{index: index.New(filepath.Join(dir, indexDir), log)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.index.Open(); err != nil {
		return s, err
	}
	return s, s.connect(ctx, o, dir, log)
}

// connect starts the embedded server on the streams in dir, or connects to the cluster.
func (s *stopped) connect(ctx context.Context, o *Options, dir string, log *slog.Logger) (err error) {
	if o.Embedded {
		s.server, err = broker.New(broker.Options{Store: dir, Sync: time.Second, MaxPayload: maxPayload, Log: log, Mask: message.Mask})
		if err == nil {
			err = s.server.Open()
		}
		if err != nil {
			return err
		}
	}
	there := make(chan struct{}, 1)
	s.conn, err = broker.Connect(s.server, o.Cluster, broker.ClientOptions{Log: log, Mask: message.Mask, Connected: func() {
		select {
		case there <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	select {
	case <-there:
		return nil
	case <-ctx.Done():
		return journal.Unreachable(s.conn.NC, ctx.Err())
	}
}

// log returns the log. The embedded server makes the streams that are not there.
func (s *stopped) log(ctx context.Context, o *Options) (*journal.JetStream, error) {
	if s.server == nil {
		stream, err := s.conn.JS.Stream(ctx, journal.Stream)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", journal.Stream, err)
		}
		return journal.NewJetStream(s.conn.JS, stream.CachedInfo(), nil)
	}
	info, err := s.conn.MakeStreams(ctx, o.Replicas, append(o.configs(), journal.StreamConfig(o.Keep))...)
	if err != nil {
		return nil, err
	}
	return journal.NewJetStream(s.conn.JS, info, nil)
}

// follow brings the index to the end of the log, as a gateway does when it begins. The log is open.
func (s *stopped) follow(ctx context.Context, o *Options, log *slog.Logger) (*index.Applier, *journal.JetStream, error) {
	l, err := s.log(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	a := &index.Applier{Index: s.index, Expired: message.DayOf(time.Now().Add(-o.Keep).UnixMilli()), Lost: func(lost index.Lost) {
		messages := "an unknown number of"
		if lost.Known {
			messages = strconv.FormatUint(lost.Messages, 10)
		}
		log.Error("batches of the log are lost; reads of their messages get 404, and their numbers are skipped",
			"from", lost.From, "to", lost.To, "messages", messages)
	}}
	if _, err := a.Replay(ctx, l, log); err != nil {
		l.Close()
		return nil, nil, err
	}
	return a, l, nil
}

// close closes the store.
func (s *stopped) close() error {
	if s.conn.NC != nil {
		s.conn.NC.Close()
	}
	if s.server != nil {
		s.server.Shutdown()
	}
	if err := s.index.Close(); !errors.Is(err, index.ErrClosed) {
		return err
	}
	return nil
}

// configs returns the streams beside the log.
func (o *Options) configs() []jetstream.StreamConfig {
	return slices.Concat(intake.Streams(false), feedback.Streams(&feedback.Settings{FeedbackKeep: o.FeedbackKeep}))
}
