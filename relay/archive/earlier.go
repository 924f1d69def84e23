package archive

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"readback/relay/index"
)

// readEarlier finds out what can be read of the store that the backup replaces, and brings its index to
// the end of its log. What is in its queues is newer than in the backup, so it is taken if it can be read.
func (r *restoring) readEarlier(ctx context.Context) {
	if _, err := os.Lstat(filepath.Join(r.opt.Store, indexDir)); errors.Is(err, os.ErrNotExist) {
		r.Reasons = []string{"there is no store in " + r.opt.Store}
		return
	}
	r.opt.say("reading the store that is replaced")
	found := new(findings)
	err := r.followEarlier(ctx, found)
	if err != nil {
		found.add("it cannot be read: %v", err)
		r.earlier = ""
	}
	r.Reasons = found.list()
	r.Known = len(r.Reasons) == 0
}

// followEarlier opens the earlier store, and closes it.
func (r *restoring) followEarlier(ctx context.Context, found *findings) (err error) {
	log := found.logger()
	s, err := r.opt.open(ctx, r.opt.Store, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	a, l, err := s.follow(ctx, r.opt, log)
	if err != nil {
		return err
	}
	l.Close()
	r.earlier = filepath.Join(r.opt.Store, indexDir)
	if r.other, err = r.isOther(a); err != nil {
		return err
	}
	if r.other {
		found.add("it is of another ledger than the backup, because it was made new")
		return nil
	}
	if a.Position().Serial < r.Backup.Serial {
		found.add("it knows less than the backup")
		return nil
	}
	if len(found.list()) == 0 {
		r.takeStreams(ctx, s, found)
	}
	return nil
}

// isOther reports whether the earlier store is of another ledger than the backup.
func (r *restoring) isOther(a *index.Applier) (bool, error) {
	if a.Position().Epoch < r.Backup.Epoch {
		return true, nil
	}
	wrote, err := a.Index.InstanceOf(r.Backup.Epoch)
	return wrote != r.Backup.Instance && r.Backup.Instance != 0, err
}

// takeStreams has the queues of the earlier store take the place of those in the backup.
func (r *restoring) takeStreams(ctx context.Context, s *stopped, found *findings) {
	dir := filepath.Join(r.to, "streams")
	for i := range r.streams {
		if name := r.streams[i].Stream; i > 0 { // the first one is the log
			f, err := r.opt.writeStream(ctx, s.conn, dir, name)
			if err == nil && f.Missing == 0 {
				r.streams[i] = source{f, dir}
				continue
			}
			found.add("the stream %s cannot be read and is taken from the backup (%d messages, %v)", name, f.Missing, err)
		}
	}
}
