package cdr

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// positionName is the name of the file of the position.
const positionName = "position.json"

// position says what has been written.
type position struct {
	Log       int64  `json:"log"`       // when the log was made, Unix ns; another time is another log
	Next      cursor `json:"next"`      // in the log
	Submitted int64  `json:"submitted"` // when the newest message that has a line was, ms
	File      int    `json:"file"`      // the number of the last file; 0: there is none
	Name      string `json:"name"`      // its name
	Size      int64  `json:"size"`      // of the lines in it that count

	Starts []uint64 `json:"starts,omitempty"` // the batches with which the last epochs began
}

// readPosition reads the position of a directory. ok is false if there is none.
func readPosition(dir string) (p position, ok bool, err error) {
	path := filepath.Join(dir, positionName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, false, fmt.Errorf("%s: %w", path, err)
	}
	if day, n, ok := parseName(p.Name); p.Name != "" && (!ok || n != p.File || day.IsZero()) {
		return p, false, fmt.Errorf("%s: %q is not the name of file %d", path, p.Name, p.File)
	}
	return p, true, nil
}

// writePosition replaces the position of the directory.
func (d *files) writePosition(p position) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	path := filepath.Join(d.dir, positionName)
	f, err := d.open(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return err
	}
	return d.syncDir()
}

// syncDir has the names in the directory on the disk.
func (d *files) syncDir() error {
	f, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
