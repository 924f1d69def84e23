package index

import (
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
)

// maxRecent bounds each file of recent batches, in octets. Behind it the newest batches are in the
// log only, until the index has been flushed.
const maxRecent = 256 << 20

// recent keeps the batches since the index was last flushed in files beside it. After a crash they
// complete the log if that has lost its end, while the index has what is older. Each is a second
// copy, so it is not synced, and a failure to write is only logged.
//
//	file      batch …
//	batch     length(4 octets) · sequence in the log(8 octets) · batch of the log
type recent struct {
	fs   vfs.FS
	path string
	log  *slog.Logger

	// Guarded by mu.
	mu   sync.Mutex
	f    vfs.File // nil: nothing is kept
	size int
	buf  []byte // what is written, since Write may change the octets that it is given
}

// The files: that which is written, and the one before it, which an unfinished flush needs.
func (r *recent) paths() (current, previous string) { return r.path, r.path + ".previous" }

// add keeps a batch.
func (r *recent) add(seq uint64, batch []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil {
		return
	}
	r.buf = binary.BigEndian.AppendUint32(r.buf[:0], uint32(len(batch)))
	r.buf = binary.BigEndian.AppendUint64(r.buf, seq)
	r.buf = append(r.buf, batch...)
	_, err := r.f.Write(r.buf)
	if r.size += len(r.buf); err == nil && r.size > maxRecent {
		err = errors.New("file is full")
	}
	if err != nil {
		r.log.Warn("recent batches are in the log only, until the index is flushed", "error", err)
		r.close()
	}
}

// rotate begins a new file. The function that it returns forgets what was kept before.
func (r *recent) rotate() (forget func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.close()
	current, previous := r.paths()
	// If there is a previous file, a flush has failed: then it stays, and what was kept since is left to
	// the log.
	if _, err := r.fs.Stat(previous); err != nil {
		_ = r.fs.Rename(current, previous) // there may be none
	}
	f, err := r.fs.Create(current)
	if err != nil {
		r.log.Warn("recent batches are in the log only", "error", err)
		return func() {}
	}
	r.f, r.size = f, 0
	return func() { _ = r.fs.Remove(previous) }
}

// close ends the file. It is called with mu held.
func (r *recent) close() {
	if r.f != nil {
		_ = r.f.Close() // what is in it is a copy
		r.f = nil
	}
}

// stop ends the file, and forgets all if clean says that the index has it.
func (r *recent) stop(clean bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.close()
	if clean {
		current, previous := r.paths()
		_ = r.fs.Remove(current) // there may be none
		_ = r.fs.Remove(previous)
	}
}

// each calls f with the batches that were kept, the oldest first, until f returns an error. It ends at
// the first that cannot be read.
func (r *recent) each(f func(seq uint64, batch []byte) error) error {
	current, previous := r.paths()
	for _, path := range []string{previous, current} {
		if err := r.eachOf(path, f); err != nil {
			return err
		}
	}
	return nil
}

func (r *recent) eachOf(path string, f func(seq uint64, batch []byte) error) error {
	file, err := r.fs.Open(path)
	if err != nil {
		return nil // there is none, or it is as good as none
	}
	data, err := io.ReadAll(file)
	_ = file.Close()
	if err != nil {
		return nil
	}
	for len(data) > 12 {
		n, seq := int(binary.BigEndian.Uint32(data)), binary.BigEndian.Uint64(data[4:])
		if data = data[12:]; n > len(data) || n > 2*journal.MaxBatch {
			return nil
		}
		if err := f(seq, data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
