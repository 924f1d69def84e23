package cdr

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// mode is that of the files: a group that the operator gives the directory may read them.
const mode = 0o640

// lockName is the name of the file that the writer of the directory locks.
const lockName = "LOCK"

// file is what is needed of an os.File.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
	Stat() (os.FileInfo, error)
}

// files are the files of lines in a directory. Only one file grows, and all before it are complete. Its lines count
// when the position says so.
type files struct {
	dir     string
	most    int64 // octets in a file, unless one line is longer
	open    func(path string, flag int) (file, error)
	written func(lines int) // is told how many lines count from now on

	begun    bool     // the process had a position in the directory
	lock     *os.File // nil: nothing is open
	position position // as it is on the disk, with the file that was begun last
	last     file     // nil: the next line begins another file
	size     int64    // of the last file, with what is not committed
	lines    int      // that are not committed
	pending  position // behind the last of them
}

func openFile(path string, flag int) (file, error) {
	f, err := os.OpenFile(path, flag, mode)
	if err != nil {
		return nil, err
	}
	if flag&os.O_TRUNC == 0 {
		return f, nil
	}
	if err := f.Chmod(mode); err != nil { // whatever the umask
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// errNoPosition says that the directory of the last try is not there any more, or is another one. To begin anew in what is
// there would write the messages of all files again.
var errNoPosition = errors.New("this is not the directory that it was, or its position.json has gone: mount the directory again, or put " +
	"the file back; a restart of the gateway writes the messages of all days in the log again")

// begin locks the directory and cuts off what does not count, unless that is done. anew says that there was no position, and
// found is the newest file there is then. It makes the directory, but only the first time.
func (d *files) begin() (anew bool, found string, err error) {
	if d.lock != nil {
		return false, "", d.isThere()
	}
	if !d.begun {
		if err := os.MkdirAll(d.dir, 0o750); err != nil {
			return false, "", err
		}
	}
	d.lock, err = lock(filepath.Join(d.dir, lockName))
	if d.begun && errors.Is(err, os.ErrNotExist) {
		return false, "", errNoPosition
	}
	if err != nil {
		return false, "", err
	}
	var known bool
	if d.position, known, err = readPosition(d.dir); err != nil {
		return false, "", err
	}
	d.size = d.position.Size
	if known {
		d.begun = true
		return false, "", d.recover()
	}
	if d.begun {
		return false, "", errNoPosition
	}
	all, err := d.list()
	if len(all) > 0 {
		d.position.File, found = all[len(all)-1].number, all[len(all)-1].name
	}
	if err == nil {
		err = d.writePosition(d.position)
	}
	d.begun = err == nil
	return true, found, err
}

// isThere returns an error if the directory is not the one that is locked.
func (d *files) isThere() error {
	mine, err := d.lock.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(filepath.Join(d.dir, lockName)); err != nil || !os.SameFile(mine, there) {
		return errNoPosition
	}
	return nil
}

// recover removes a file that was begun behind the position, and cuts off the lines behind it.
func (d *files) recover() error {
	all, err := d.list()
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.number == d.position.File+1 {
			if err := os.Remove(filepath.Join(d.dir, f.name)); err != nil {
				return err
			}
		}
	}
	if d.position.Name == "" {
		return nil
	}
	f, err := d.open(filepath.Join(d.dir, d.position.Name), os.O_WRONLY|os.O_APPEND)
	if errors.Is(err, os.ErrNotExist) {
		return nil // somebody has taken it away
	}
	if err != nil {
		return err
	}
	d.last = f
	info, err := f.Stat()
	if err == nil && info.Size() < d.size {
		return fmt.Errorf("%s has lost its end: it has %d octets, and had %d; move it elsewhere to go on in another file", d.position.Name, info.Size(), d.size)
	}
	if err == nil && info.Size() > d.size {
		err = errors.Join(f.Truncate(d.size), f.Sync())
	}
	return err
}

// lock locks a file until it is closed.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, mode)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s is locked by another process: %w", path, err), f.Close())
	}
	return f, nil
}

// close gives up what is not committed.
func (d *files) close() {
	if d.last != nil {
		_ = d.last.Close() // what counts was synced
	}
	if d.lock != nil {
		_ = d.lock.Close()
	}
	d.last, d.lock, d.lines = nil, nil, 0
}

// add adds a line at a time. p is the position behind it.
func (d *files) add(line []byte, now time.Time, p position) error {
	if d.last != nil && d.isOver(int64(len(line)), now) {
		if err := d.end(); err != nil {
			return err
		}
	}
	if d.last == nil {
		if err := d.next(now); err != nil {
			return err
		}
	}
	n, err := d.last.Write(line)
	d.size += int64(n)
	if err != nil {
		return err
	}
	d.lines++
	d.pending = p
	return nil
}

// isOver reports whether another file has to begin for a line.
func (d *files) isOver(octets int64, now time.Time) bool {
	day, _, _ := parseName(d.position.Name)
	return d.size > 0 && d.size+octets > d.most || now.UTC().Format(dayForm) != day.Format(dayForm)
}

// end commits the lines of a file that is complete.
func (d *files) end() error {
	if d.lines > 0 {
		if err := d.commit(d.pending); err != nil {
			return err
		}
	}
	err := d.last.Close()
	d.last = nil
	return err
}

// next begins a file. It counts when its first lines are committed.
func (d *files) next(now time.Time) error {
	number := d.position.File + 1
	name := nameOf(now, number)
	f, err := d.open(filepath.Join(d.dir, name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return err
	}
	d.last, d.size = f, 0
	d.position.File, d.position.Name = number, name
	return nil
}

// commit makes the lines count that were added. p is the position behind them.
func (d *files) commit(p position) error {
	if d.lines > 0 {
		if err := d.last.Sync(); err != nil {
			return err
		}
	}
	p.File, p.Name, p.Size = d.position.File, d.position.Name, d.size
	if err := d.writePosition(p); err != nil {
		return err
	}
	d.position = p
	d.written(d.lines)
	d.lines = 0
	return nil
}
