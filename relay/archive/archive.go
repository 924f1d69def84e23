// Package archive checks, copies, restores and repairs the store of a ledger.
//
// A backup is a directory:
//
//	backup.json    what the backup is: see Manifest; written last
//	index/         a copy of the index
//	NAME.jsonl     the messages of a stream, one a line, as JSON: seq, subject, header, data (base64)
//
// The index is copied first, then the log, then the other streams. So the log has all that the index has,
// and the streams have all that the log says is in them.
package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"readback/relay/broker"
	"readback/relay/index"
	"readback/relay/journal"
)

// Format is the version of the backups that this release writes, and the latest that it reads.
const Format = 1

const (
	manifestFile = "backup.json"
	indexDir     = "index"
	natsDir      = "nats"
)

// Options say where a store is, and what it is used with.
type Options struct {
	Store              string // the directory
	Embedded           bool   // the streams are in the store; else they are in Cluster
	Cluster            broker.Cluster
	Replicas           int
	Keep, FeedbackKeep time.Duration
	First, Last        uint16 // the cycle of numbers
	Release            string

	Progress func(done string) // is called now and then; it must not wait
	Log      *slog.Logger      // of what happens meanwhile
}

// Manifest describes a backup.
type Manifest struct {
	Format  int       `json:"format"`
	Release string    `json:"release"`
	Made    time.Time `json:"made"`
	Log     byte      `json:"log_version"`
	Index   byte      `json:"index_version"`

	Epoch    uint64 `json:"epoch"`    // the index is in
	Instance uint64 `json:"instance"` // that wrote the epoch; 0: not known
	Serial   uint64 `json:"serial"`   // of the last batch in the index
	Messages uint64 `json:"messages"` // accepted up to there

	Skip    string       `json:"skip"` // what a restore must skip
	Numbers [2]uint16    `json:"numbers"`
	Streams []StreamFile `json:"streams"`
	Files   []File       `json:"files"` // of the index
}

// StreamFile is the file of a stream. First and Last are sequences.
type StreamFile struct {
	Stream   string `json:"stream"`
	Messages uint64 `json:"messages"`
	Missing  uint64 `json:"missing,omitempty"` // could not be read
	First    uint64 `json:"first,omitempty"`
	Last     uint64 `json:"last,omitempty"`
	File
}

// File is a file of a backup, with its checksum.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// cycle returns how many numbers a cycle has.
func (o *Options) cycle() uint64 { return uint64(o.Last-o.First) + 1 }

func (o *Options) say(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, args...))
	}
}

// skipSentence says what a restore must skip.
func (o *Options) skipSentence() string {
	return fmt.Sprintf("a restore skips %d of the %d numbers in each conversation, unless it can still read all of the store that it replaces; "+
		"reads of numbers that may have been assigned after the backup then get 404", o.cycle()/2, o.cycle())
}

// ReadManifest reads what a backup is. It is an error if the backup is not complete, or a newer release
// made it.
func ReadManifest(dir string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no complete backup: it has no %s, which is written last; make another backup", dir, manifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%s of the backup is damaged: %w", manifestFile, err)
	}
	if m.Format > Format || m.Index > index.Version || m.Log > journal.BatchVersion {
		return nil, fmt.Errorf("backup was made by a newer release, %s: it has format %d, log %d and index %d, and this release reads up to %d, %d and %d; "+
			"restore it with that release, or restore a backup that this release or an older one made",
			m.Release, m.Format, m.Log, m.Index, Format, journal.BatchVersion, index.Version)
	}
	return m, nil
}

// write writes the manifest. Before, the files of the backup are on the disk.
func (m *Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := syncTree(dir); err != nil {
		return err
	}
	temporary := filepath.Join(dir, manifestFile+".part")
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return err
	}
	if err := syncFile(temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, filepath.Join(dir, manifestFile)); err != nil {
		return err
	}
	return syncFile(dir)
}

// Missing returns how many messages of the store could not be read.
func (m *Manifest) Missing() (n uint64) {
	for _, s := range m.Streams {
		n += s.Missing
	}
	return n
}
