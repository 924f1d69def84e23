//go:build faults

package faults

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// damage is something that happens to the files of a gateway that does not run.
type damage struct {
	name     string
	do       func(store, older string, rnd *rand.Rand) (text string, err error)
	queue    bool // it may make the queue of the feedback forget what was delivered
	reported bool // a line of level ERROR must say so
}

// blocks are the files of the log.
const blocks = "nats/jetstream/$G/streams/READBACK_LEDGER/msgs/*.blk"

var damages = []damage{
	{name: "octet of the log flipped", do: inFile(blocks, flip)},
	{name: "range of the log zeroed", do: inFile(blocks, zero)},
	{name: "end of the log cut off", do: inFile(blocks, cut), reported: true},
	{name: "newest block removed", do: inFile(blocks, remove), reported: true},
	{name: "every stream damaged", do: inEach("nats/jetstream/$G/streams/*/msgs/*", flip), queue: true},
	{name: "log removed", do: removeTree("nats/jetstream/$G/streams/READBACK_LEDGER"), reported: true},
	{name: "all streams removed", do: removeTree("nats"), queue: true, reported: true},
	{name: "older copy of all streams", do: restore("nats"), queue: true, reported: true},
	{name: "octet of the index flipped", do: inFile("index/*.sst", flip)},
	{name: "range of the index zeroed", do: inFile("index/*.sst", zero)},
	{name: "table of the index removed", do: inFile("index/*.sst", remove)},
	{name: "octet of each file of the index flipped", do: inEach("index/*", flip)},
	{name: "octet of MANIFEST flipped", do: inFile("index/MANIFEST-*", flip)},
	{name: "MANIFEST zeroed", do: inFile("index/MANIFEST-*", zero)},
	{name: "MANIFEST removed", do: inFile("index/MANIFEST-*", remove)},
	{name: "CURRENT flipped", do: inFile("index/CURRENT", flip)},
	{name: "CURRENT removed", do: inFile("index/CURRENT", remove)},
	{name: "index removed", do: removeTree("index")},
	{name: "older copy of the index", do: restore("index")},
}

// inFile changes one of the files that match: the last by name.
func inFile(pattern string, do func(path string, rnd *rand.Rand) (string, error)) func(store, _ string, rnd *rand.Rand) (string, error) {
	return func(store, _ string, rnd *rand.Rand) (string, error) {
		all, err := filepath.Glob(filepath.Join(store, pattern))
		if err != nil || len(all) == 0 {
			return "", fmt.Errorf("no file %s: %w", pattern, errors.Join(err, os.ErrNotExist))
		}
		path := all[len(all)-1]
		text, err := do(path, rnd)
		return filepath.Base(path) + " " + text, err
	}
}

// inEach changes each of the files that match.
func inEach(pattern string, do func(path string, rnd *rand.Rand) (string, error)) func(store, _ string, rnd *rand.Rand) (string, error) {
	return func(store, _ string, rnd *rand.Rand) (string, error) {
		all, err := filepath.Glob(filepath.Join(store, pattern))
		for _, path := range all {
			if info, e := os.Stat(path); e == nil && info.Mode().IsRegular() && info.Size() > 0 {
				_, e = do(path, rnd)
				err = errors.Join(err, e)
			}
		}
		return fmt.Sprintf("%d files", len(all)), err
	}
}

// change reads a file, changes it, and writes it back.
func change(path string, f func([]byte) ([]byte, string)) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if len(data) == 0 {
		return "", fmt.Errorf("%s is empty", filepath.Base(path))
	}
	data, text := f(data)
	return text, os.WriteFile(path, data, 0o600)
}

func flip(path string, rnd *rand.Rand) (string, error) {
	return change(path, func(b []byte) ([]byte, string) {
		at := rnd.IntN(len(b))
		b[at] ^= 1 << rnd.IntN(8)
		return b, fmt.Sprintf("octet %d of %d", at, len(b))
	})
}

func zero(path string, rnd *rand.Rand) (string, error) {
	return change(path, func(b []byte) ([]byte, string) {
		const least = 64
		from := rnd.IntN(max(1, len(b)-least))
		to := min(len(b), from+least+rnd.IntN(4096))
		clear(b[from:to])
		return b, fmt.Sprintf("octets %d to %d of %d", from, to, len(b))
	})
}

func cut(path string, _ *rand.Rand) (string, error) {
	const octets = 300
	return change(path, func(b []byte) ([]byte, string) { return b[:max(0, len(b)-octets)], "" })
}

func remove(path string, _ *rand.Rand) (string, error) { return "", os.Remove(path) }

func removeTree(name string) func(store, _ string, _ *rand.Rand) (string, error) {
	return func(store, _ string, _ *rand.Rand) (string, error) {
		return "", os.RemoveAll(filepath.Join(store, name))
	}
}

func restore(name string) func(store, older string, _ *rand.Rand) (string, error) {
	return func(store, older string, _ *rand.Rand) (string, error) {
		to := filepath.Join(store, name)
		if err := os.RemoveAll(to); err != nil {
			return "", err
		}
		return "", os.CopyFS(to, os.DirFS(filepath.Join(older, name)))
	}
}
