package handset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// File is a Store in one file, for one process. Each added response and each removal is a
// line of JSON. The file is rewritten when most of its lines are obsolete.
type File struct {
	path string
	sync func(*os.File) error // (*os.File).Sync, except in tests
	f    *os.File
	size int64           // length of the whole lines
	torn bool            // there may be octets behind the whole lines
	new  bool            // the name of f may not be on the disk yet
	live map[string]bool // the IDs of the responses that are kept
}

// record is one line of the file.
type record struct {
	Add    *Response `json:"add,omitempty"`
	Remove []string  `json:"remove,omitempty"`
}

// OpenFile opens the store at path, or creates it. It drops an incomplete last line, which a
// crash may have left.
func OpenFile(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open read responses: %w", err)
	}
	s := &File{path: path, sync: (*os.File).Sync, f: f, torn: true, new: true}
	if _, err = s.Load(); err == nil {
		err = s.trim()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open read responses: %w", err), f.Close())
	}
	return s, nil
}

// Close closes the file.
func (s *File) Close() error { return s.f.Close() }

// Load reads the file from its beginning. It skips whole lines that cannot be read: it is
// better to lose one response than all. After an error s is unchanged.
func (s *File) Load() ([]Response, error) {
	in := bufio.NewReader(io.NewSectionReader(s.f, 0, 1<<62))
	var all []Response
	size, live := int64(0), make(map[string]int) // the position of each in all
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			s.size, s.live = size, make(map[string]bool, len(live))
			for id := range live {
				s.live[id] = true
			}
			return living(all, live), nil
		}
		if err != nil {
			return nil, err
		}
		size += int64(len(line))
		var r record
		if json.Unmarshal(line, &r) != nil {
			continue
		}
		if r.Add != nil {
			if _, again := live[r.Add.ID]; !again {
				live[r.Add.ID] = len(all)
				all = append(all, *r.Add)
			}
		}
		for _, id := range r.Remove {
			delete(live, id)
		}
	}
}

// living returns the IDs of the responses that are kept. A response that was removed and
// added again has its latest position.
func living(all []Response, live map[string]int) (left []Response) {
	for i, r := range all {
		if at, ok := live[r.ID]; ok && at == i {
			left = append(left, r)
		}
	}
	return left
}

// Add appends r and returns when it is on the disk.
func (s *File) Add(r Response) error {
	if err := s.append(record{Add: &r}); err != nil {
		return err
	}
	s.live[r.ID] = true
	return nil
}

// Remove appends the removal.
func (s *File) Remove(ids []string) error {
	for _, id := range ids {
		delete(s.live, id)
	}
	if len(s.live) == 0 {
		s.size, s.torn = 0, true
		return s.trim()
	}
	if err := s.append(record{Remove: ids}); err != nil {
		return err
	}
	return s.compact()
}

// append writes a line, completely or not at all. It syncs the directory first: if a crash
// lost the name of the file, the line would be lost, too.
func (s *File) append(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := errors.Join(s.trim(), s.syncDir()); err != nil {
		return err
	}
	line = append(line, '\n')
	s.torn = true
	if _, err = s.f.Write(line); err == nil {
		err = s.sync(s.f)
	}
	if err != nil {
		return errors.Join(err, s.trim())
	}
	s.size += int64(len(line))
	s.torn = false
	return nil
}

// trim removes what stands behind the whole lines.
func (s *File) trim() error {
	if !s.torn {
		return nil
	}
	if err := s.f.Truncate(s.size); err != nil {
		return err
	}
	s.torn = false
	return nil
}

// A file below minCompact is not rewritten. A response takes some two hundred octets.
const (
	minCompact = 64 << 10
	perLive    = 1 << 10
)

// compact rewrites the file when most of its lines are obsolete.
func (s *File) compact() error {
	if s.size < minCompact || s.size < int64(len(s.live))*perLive {
		return nil
	}
	return s.rewrite()
}

// rewrite replaces the file by one that has only the responses that are kept.
func (s *File) rewrite() error {
	kept, err := s.Load()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	for i := range kept {
		if err := out.Encode(record{Add: &kept[i]}); err != nil {
			return err
		}
	}
	f, err := s.replace(b.Bytes())
	if err != nil {
		return err
	}
	old := s.f
	s.f, s.size, s.new = f, int64(b.Len()), true
	return errors.Join(old.Close(), s.syncDir())
}

// replace writes a new file, renames it to the name of the old one, and returns it open.
func (s *File) replace(content []byte) (*os.File, error) {
	tmp := s.path + ".new"
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_APPEND|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(content)
	if err == nil {
		err = s.sync(f)
	}
	if err == nil {
		err = os.Rename(tmp, s.path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(tmp))
	}
	return f, nil
}

// syncDir syncs the directory, so that the name of a new file survives a crash. Windows
// cannot sync a directory.
func (s *File) syncDir() error {
	if !s.new || runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(filepath.Dir(s.path))
	if err != nil {
		return err
	}
	if err := errors.Join(s.sync(dir), dir.Close()); err != nil {
		return err
	}
	s.new = false
	return nil
}
