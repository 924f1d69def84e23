package index

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/relaytest"
)

// manyBatches is how many batches the damaged stores have: several blocks of a table.
const manyBatches = 400

// damagedStore is a file system with a store that was closed after it had followed a log, in two tables.
func damagedStore(t *testing.T, log *scriptedLog, all [][]byte) vfs.FS {
	t.Helper()
	fs := vfs.NewMem()
	l := begin(t, fs, logOf(1, all[:manyBatches/2]...), 0)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = begin(t, fs, log, 0)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return fs
}

// copyFS copies the files of a store.
func copyFS(t *testing.T, from vfs.FS) vfs.FS {
	t.Helper()
	to := vfs.NewMem()
	if _, err := vfs.Clone(from, to, "index", "index"); err != nil {
		t.Fatal(err)
	}
	return to
}

// Whatever happens to whichever file of the store, a lookup finds what the log has, or returns an error. Then
// the index knows that it is damaged, and is complete after the next replay.
func TestDamagedFiles(t *testing.T) {
	all := ledgerOf(t, 77, manyBatches)
	log := logOf(1, all...)
	store := damagedStore(t, log, all)
	names, err := store.List("index")
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, name := range names {
		if strings.HasSuffix(name, ".sst") {
			tables++
		}
		octets := readFile(t, store, "index/"+name)
		for how, damaged := range damages(octets) {
			t.Run(fmt.Sprint(name, ", ", how), func(t *testing.T) {
				fs := copyFS(t, store)
				if damaged == nil {
					if err := fs.Remove("index/" + name); err != nil {
						t.Fatal(err)
					}
				} else {
					writeFile(t, fs, "index/"+name, damaged)
				}
				checkDamagedFiles(t, fs, log)
			})
		}
	}
	if tables < 2 {
		t.Errorf("there are the files %q, want two tables", names)
	}
}

// damages are what may happen to the octets of a file; nil is that it is removed.
func damages(octets []byte) map[string][]byte {
	all := map[string][]byte{"removed": nil, "empty": {}}
	step := max(len(octets)/24, 1)
	for at := 0; at < len(octets); at += step {
		flipped := bytes.Clone(octets)
		flipped[at] ^= 0x10
		all[fmt.Sprint("octet ", at, " of ", len(octets), " flipped")] = flipped
	}
	for at := 0; at < len(octets); at += 4 * step {
		zeroed := bytes.Clone(octets)
		clear(zeroed[at:min(at+512, len(zeroed))])
		all[fmt.Sprint("block zeroed at ", at)] = zeroed
		all[fmt.Sprint("cut at ", at)] = octets[:at:at]
	}
	if len(octets) > 0 {
		all["last octet missing"] = octets[: len(octets)-1 : len(octets)-1]
	}
	return all
}

// checkDamagedFiles opens a store, and looks up all that was in it. If the index has noticed damage, it has
// to have all after the next replay.
func checkDamagedFiles(t *testing.T, fs vfs.FS, log *scriptedLog) {
	t.Helper()
	var lines relaytest.LogLines
	logger := lines.Logger()
	ix := NewIn(fs, "index", logger)
	if err := ix.Open(); err != nil {
		t.Fatalf("open: %v", err)
	}
	defer func() { _ = ix.Discard() }()
	a := &Applier{Index: ix, Lost: func(lost Lost) { t.Errorf("lost: %+v", lost) }}
	for try := 0; ; try++ {
		_, err := a.Replay(t.Context(), log, logger)
		if err == nil {
			err = lookUpAll(t, ix)
		}
		if err == nil {
			break
		}
		select {
		case <-ix.Failed():
		default:
			t.Fatalf("got %v, and the index does not know that it is damaged", err)
		}
		if try == 2 {
			t.Fatalf("it is still damaged after two replays: %v", err)
		}
	}
	if err := ix.Flush(); err != nil {
		t.Errorf("flush: %v", err)
	}
	if names, _ := fs.List(""); len(names) > 3 {
		t.Errorf("got files %q, want that the damaged index is removed", names)
	}
	if n := lines.Count("level=ERROR"); n > 1 {
		t.Errorf("got %d lines of level ERROR:\n%q", n, lines.All)
	}
}

// lookUpAll finds all messages, or returns the error of a lookup.
func lookUpAll(t *testing.T, ix *Index) error {
	t.Helper()
	n := 0
	for serial := 2; serial <= manyBatches; serial++ {
		p := placeOf(t, serial)
		f, err := ix.FindNumber(&p.Conv, p.Number, relaytest.Any)
		if err != nil {
			return err
		}
		if f == nil {
			t.Errorf("message %d: got none, and no error", serial)
		}
		if serial%30 > 0 {
			continue
		}
		all, err := ix.FindReceiver(&p.Conv.Receiver, p.Number)
		if err != nil {
			return err
		}
		if len(all) != 1 {
			t.Errorf("message %d by its receiver: got %d, and no error", serial, len(all))
		}
	}
	c := testPlace(t).Conv
	_, next, err := ix.Head(&c)
	if err != nil {
		return err
	}
	if next != manyBatches+1 {
		t.Errorf("head: got %d, want %d", next, manyBatches+1)
	}
	err = ix.EachEntry(&c, func(Found) bool { n++; return true })
	if err == nil && n != manyBatches-1 {
		t.Errorf("got %d messages of the conversation, want %d", n, manyBatches-1)
	}
	return err
}

// An index that the file system does not let open is not damaged.
func TestIsDamageAtOpen(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.ENOSPC: false, syscall.EROFS: false, syscall.EACCES: false, syscall.ENOTDIR: false, syscall.EMFILE: false,
		syscall.ENOENT: true, syscall.EIO: true, errors.New("bad checksum"): true,
	} {
		if got := isDamageAtOpen(&fs.PathError{Err: err}); got != want {
			t.Errorf("%v: got damage %v, want %v", err, got, want)
		}
	}
}
