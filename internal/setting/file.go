package setting

import (
	"errors"
	"io/fs"
	"os"
)

// checkFile wants a file that can be read now; what is in it is seen by who
// loads it.
func checkFile(path string) *Problem {
	f, p := OpenFile(path)
	if p != nil {
		return p
	}
	_ = f.Close() // only read
	return nil
}

// OpenFile opens a regular file; anything else, a pipe above all, could hold up
// the start.
func OpenFile(path string) (*os.File, *Problem) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, Unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, &Problem{"not a file", ""}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, Unreadable(err)
	}
	return f, nil
}

// Unreadable says what is wrong with a file. It leaves out the path, which stands before
// it anyway.
func Unreadable(err error) *Problem {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return &Problem{"cannot be read: " + err.Error(), ""}
}
