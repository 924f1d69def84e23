package broker

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// inotify are changes that the kernel tells of.
type inotify struct {
	fd   int // of file, which must not be asked for it: that would make it block a thread
	file *os.File
	buf  [4096]byte // what it has told of; any of it will do
}

// newChanges returns changes, or an error if the system has no more of them to give.
func newChanges() (changes, error) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify_init1: %w", err)
	}
	return &inotify{fd: fd, file: os.NewFile(uintptr(fd), "inotify")}, nil
}

// expect asks for one event: a load of writes makes no load of events.
func (c *inotify) expect(dir string) error {
	const changed = syscall.IN_MODIFY | syscall.IN_CREATE | syscall.IN_MOVED_TO | syscall.IN_MOVE_SELF
	_, err := syscall.InotifyAddWatch(c.fd, dir, changed|syscall.IN_ONLYDIR|syscall.IN_ONESHOT)
	return err
}

// wait returns when there is an event: one of before the last call of expect, too. After an error, too: a
// syncer that looks too often loses nothing.
func (c *inotify) wait() { _, _ = c.file.Read(c.buf[:]) }

func (c *inotify) interrupt() { _ = c.file.SetReadDeadline(time.Unix(1, 0)) }

func (c *inotify) close() error { return c.file.Close() }
