package ops

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"readback/relay/message"
)

// SubscriberKeyFile is the name of the file with the key of subscribers, in the store of a gateway that is told no other file.
const SubscriberKeyFile = "subscriber.key"

// Bounds of a key of subscribers, in octets.
const (
	madeKey = 32 // one that the gateway makes
	minKey  = 16
	maxKey  = 1024
)

// OpenSubscriberKey reads the key of subscribers in a file. If there is no such file, it makes one with a new key, for
// its owner alone, and the directory that it is in. Gateways that do so at the same time get the same key.
func OpenSubscriberKey(path string) (message.SubscriberKey, error) {
	key, err := ReadSubscriberKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeSubscriberKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the key of subscribers: %w", err)
	}
	return ReadSubscriberKey(path)
}

// ReadSubscriberKey reads the key of subscribers in a file: its octets, without a line break at the end. The error is
// fs.ErrNotExist if there is no such file.
func ReadSubscriberKey(path string) (message.SubscriberKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key of subscribers: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxKey+1))
	if err != nil {
		return nil, fmt.Errorf("key of subscribers: %w", err)
	}
	key := bytes.TrimRight(data, "\r\n")
	if len(key) < minKey || len(data) > maxKey {
		return nil, fmt.Errorf("key of subscribers: %s has no key of %d to %d octets: openssl rand -hex 32 makes one", path, minKey, maxKey)
	}
	return key, nil
}

// makeSubscriberKey makes the file with a new key. It appears as a whole, or not at all. The error is fs.ErrExist if
// there is one meanwhile.
func makeSubscriberKey(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	var key [madeKey]byte
	if _, err := rand.Read(key[:]); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), SubscriberKeyFile+".*") // 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(hex.EncodeToString(key[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Link(f.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return errors.Join(os.Rename(f.Name(), path), os.WriteFile(f.Name(), nil, 0o600)) // a file system without links
}
