package relay

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"readback/relay/archive"
	"readback/relay/index"
)

// ErrInUse is the error of Open if another process has the store.
var ErrInUse = errors.New("in use by another readback")

var (
	errRestoring = errors.New("a backup is being restored, or that was interrupted: run readback store restore again")
	errVanished  = errors.New("it was removed or replaced while it was in use")
)

// store is the directory of a relay. It knows whether the directory is still the one that was opened.
type store struct {
	dir string
	log *slog.Logger

	// Guarded by mu.
	mu    sync.Mutex
	lock  io.Closer // nil while it is not open
	files []knownFile
}

// knownFile is a file or a directory of the store as it was when the store was opened.
type knownFile struct {
	path string
	info os.FileInfo
	open *os.File // keeps another directory from having the same identity
}

// openLock makes the directory and locks it, unless it is locked already. After an error it can be called
// again. The error is ErrInUse if another process has the lock.
func (s *store) openLock() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock != nil {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(s.dir, archive.RestoringDir)); err == nil {
		return fmt.Errorf("store %s: %w", s.dir, errRestoring)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return s.explain(err)
	}
	lock, err := index.LockStore(s.dir)
	if isHeld(err) {
		return fmt.Errorf("store %s is %w", s.dir, ErrInUse) // what the system says adds nothing
	}
	if err != nil {
		return s.explain(err)
	}
	s.lock = lock
	s.protect()
	// No other descriptor of LOCK may be opened: closing it would give up the lock (fcntl).
	path := filepath.Join(s.dir, "LOCK")
	info, err := os.Stat(path)
	if err != nil {
		return s.explain(err)
	}
	s.files = append(s.files, knownFile{path: path, info: info})
	return s.know(s.dir)
}

// protect takes the store away from other users.
func (s *store) protect() {
	dir, failed := os.Stat(s.dir)
	corrected, err := archive.Protect(s.dir)
	switch {
	case corrected == 1 && errors.Join(failed, err) == nil && dir.Mode()&0o077 != 0 && dir.Mode()&0o022 == 0:
		// As mkdir makes a directory. Nobody could read a file or make one.
		s.log.Info("store directory is for its owner alone now: permissions corrected", "store", s.dir,
			"before", fmt.Sprintf("%#o", dir.Mode().Perm()), "now", fmt.Sprintf("%#o", dir.Mode().Perm()&^0o077))
	case corrected > 0:
		s.log.Warn("other users could use the store: permissions corrected", "store", s.dir, "files", corrected)
	}
	if err != nil {
		s.log.Error("other users may be able to use the store: correct the permissions", "store", s.dir, "err", err)
	}
}

// remember notes a directory of the store as it is now. intact compares it.
func (s *store) remember(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.know(dir)
}

// know notes one directory. The caller holds mu.
func (s *store) know(dir string) error {
	for i := range s.files {
		if s.files[i].path == dir {
			return nil
		}
	}
	f, err := os.Open(dir)
	if err != nil {
		return s.explain(err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(s.explain(err), f.Close())
	}
	s.files = append(s.files, knownFile{dir, info, f})
	return nil
}

// intact returns nil if all that is known of the store is still there, and may be written.
func (s *store) intact() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		now, err := os.Stat(f.path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(f.info, now) {
			return fmt.Errorf("store %s: %w (%s)", s.dir, errVanished, f.path)
		}
		if err != nil {
			return s.explain(err)
		}
	}
	const write, search = 2, 1 // access(2)
	if s.lock == nil {
		return nil
	}
	if err := syscall.Access(s.dir, write|search); err != nil {
		return s.explain(&fs.PathError{Op: "write", Path: s.dir, Err: err})
	}
	return nil
}

// close gives the lock back, and forgets what was known.
func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.open != nil {
			_ = f.open.Close() // nothing was written
		}
	}
	s.files = nil
	if s.lock == nil {
		return nil
	}
	err := s.lock.Close()
	s.lock = nil
	return err
}

// isHeld reports whether err, with which a store could not be locked, says that somebody else has the lock:
// another process, or this one. Otherwise the file system did not let LOCK be written.
func isHeld(err error) bool {
	if _, ofFile := errors.AsType[*fs.PathError](err); ofFile || err == nil {
		return false
	}
	errno, ofSystem := errors.AsType[syscall.Errno](err)
	return !ofSystem || errno == syscall.EAGAIN || errno == syscall.EACCES // POSIX, fcntl, F_SETLK
}

// hints say for an error of the file system what the operator can do. The embedded server's errors are
// texts.
var hints = []struct {
	err  syscall.Errno
	hint string
}{
	{syscall.EROFS, "the file system is read-only: mount it for writing"},
	{syscall.ENOSPC, "the disk is full: free some room"},
	{syscall.EDQUOT, "the disk is full: free some room"},
	{syscall.EACCES, "the user that readback runs as must own the directory"},
	{syscall.EPERM, "the user that readback runs as must own the directory"},
	{syscall.ENOTDIR, "a file is in the place of a directory: remove it, or set relay.store to another place"},
	{syscall.EISDIR, "a directory is in the place of a file: remove it"},
}

// explain says of an error of the file system what the operator can do.
func (s *store) explain(err error) error {
	hint := "look at the file system"
	for _, h := range hints {
		if errors.Is(err, h.err) || strings.Contains(err.Error(), h.err.Error()) {
			hint = h.hint
			break
		}
	}
	return fmt.Errorf("store %s cannot be used: %w; %s", s.dir, err, hint)
}
