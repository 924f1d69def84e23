package setting

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// checkFile refuses a file that cannot be read now. The code that loads the file checks its
// contents.
func checkFile(path string) *Problem {
	f, p := OpenFile(path)
	if p != nil {
		return p
	}
	_ = f.Close() // only read
	return nil
}

// OpenFile opens a regular file. Anything else, such as a pipe, could block the start.
func OpenFile(path string) (*os.File, *Problem) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, Unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, &Problem{"not a file", "a regular file, no directory or pipe"}
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
	if _, ok := errors.AsType[TooLarge](err); ok {
		return &Problem{err.Error(), "the path of the right file"}
	}
	hint := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint = "create it, or correct the path; a relative one counts from the directory in which readback was started"
	case errors.Is(err, fs.ErrPermission):
		hint = "allow the user that runs readback to read it, and to enter its directories"
	}
	return &Problem{"cannot be read: " + err.Error(), hint}
}

// ReadFile reads a file of at most most octets. It takes a pipe, too. Its error is that of os.ReadFile, or TooLarge.
func ReadFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	var data []byte
	if err == nil && info.Size() <= most {
		data, err = io.ReadAll(io.LimitReader(f, most+1))
	}
	if err == nil && max(info.Size(), int64(len(data))) > most {
		err = TooLarge(most)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return data, nil
}

// TooLarge is the error of a file of more than most octets.
type TooLarge int64

// Error names the bound.
func (most TooLarge) Error() string {
	return "larger than " + Size(most).String() + ", the most that is read"
}
