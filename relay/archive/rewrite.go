package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"readback/relay/journal"
)

// timeOfDir is how the name of a directory with damaged files ends.
const timeOfDir = "20060102T150405Z"

// takeOut takes out what cannot be read. What it had is known to be lost by now. Files of streams that are
// rewritten are kept in a directory.
func (i *inspection) takeOut(ctx context.Context, keep string) error {
	for _, name := range i.unread {
		i.say("%s: writing what can be read anew", name)
		if err := i.rewrite(ctx, name, keep); err != nil {
			return fmt.Errorf("stream %s cannot be written anew (its files, and what can be read of it, are in %s): %w", name, keep, err)
		}
		i.intact("%s: what can be read is written anew; the files from before are in %s", name, keep)
	}
	if len(i.bad) == 0 {
		return nil
	}
	s, err := i.conn.JS.Stream(ctx, journal.Stream)
	if err != nil {
		return err
	}
	for _, seq := range i.bad {
		if err := s.DeleteMsg(ctx, seq); err != nil {
			return fmt.Errorf("take the damaged batch %d out of the log: %w", seq, err)
		}
	}
	return nil
}

// rewrite makes a stream anew, with those of its messages that can be read. The server takes no message out
// that it cannot read.
func (i *inspection) rewrite(ctx context.Context, name, keep string) error {
	if i.server == nil {
		return errors.New("it is in a cluster, whose own tools can repair it")
	}
	if err := os.MkdirAll(keep, 0o700); err != nil {
		return err
	}
	from := filepath.Dir(i.server.Directory(name))
	if err := copyTree(ctx, from, filepath.Join(keep, name)); err != nil {
		return err
	}
	file, err := i.writeStream(ctx, i.conn, keep, name)
	if err != nil {
		return err
	}
	s, err := i.conn.JS.Stream(ctx, name)
	if err != nil {
		return err
	}
	if err := i.conn.JS.DeleteStream(ctx, name); err != nil {
		return err
	}
	if s, err = i.conn.CreateAgain(ctx, s.CachedInfo().Config); err != nil {
		return err
	}
	if left := s.CachedInfo().State.Msgs; left > 0 { // the server could not remove the files
		return fmt.Errorf("stream %s is not empty: it still has %d messages; run this again", name, left)
	}
	if err := i.fill(ctx, i.conn, source{file, keep}); err != nil || name != journal.Stream {
		return err
	}
	return i.index.Tie(s.CachedInfo().Created.UnixNano())
}
