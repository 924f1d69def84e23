package archive

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"readback/relay/broker"
)

// progressEvery is how often long work is reported.
const progressEvery = time.Second

// streamWriter writes the file of a stream.
type streamWriter struct {
	StreamFile
	f    *os.File
	buf  *bufio.Writer
	sum  hash.Hash
	said time.Time
	opt  *Options
}

func (o *Options) createStream(dir, stream string) (*streamWriter, error) {
	w := &streamWriter{StreamFile: StreamFile{Stream: stream, File: File{Name: stream + ".jsonl"}}, sum: sha256.New(), said: time.Now(), opt: o}
	var err error
	if w.f, err = os.OpenFile(filepath.Join(dir, w.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	w.buf = bufio.NewWriterSize(io.MultiWriter(w.f, w.sum), 1<<20)
	return w, nil
}

// put writes a message.
func (w *streamWriter) put(m *broker.Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if w.Messages == 0 {
		w.First = m.Seq
	}
	w.Messages, w.Last = w.Messages+1, m.Seq
	w.Size += int64(len(line)) + 1
	if time.Since(w.said) > progressEvery {
		w.said = time.Now()
		w.opt.say("%s: %d messages, %d octets", w.Stream, w.Messages, w.Size)
	}
	_, err = w.buf.Write(append(line, '\n'))
	return err
}

// end closes the file.
func (w *streamWriter) end() error {
	err := errors.Join(w.buf.Flush(), w.f.Sync(), w.f.Close())
	w.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return err
}

// each calls f with the messages of a file.
func (s *StreamFile) each(ctx context.Context, dir string, f func(*broker.Message) error) error {
	file, err := os.Open(filepath.Join(dir, s.Name))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	for d := json.NewDecoder(bufio.NewReaderSize(file, 1<<20)); ; {
		var m broker.Message
		switch err := d.Decode(&m); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", s.Name, err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if err := f(&m); err != nil {
			return fmt.Errorf("%s: message %d: %w", s.Name, m.Seq, err)
		}
	}
}

// sumFile returns what a file below dir is.
func sumFile(dir, name string) (File, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return File{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

// eachFile calls f with the names of the files below dir, relative to it.
func eachFile(dir string, f func(name string) error) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return f(name)
	})
}

// syncTree brings all below dir to the disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncFile(path)
	})
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// copyTree copies the files below from to below to.
func copyTree(ctx context.Context, from, to string) error {
	return eachFile(from, func(name string) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		return copyFile(filepath.Join(from, name), target)
	})
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
