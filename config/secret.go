package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/crypto/bcrypt"
)

// Secret is text that does not show itself: however it is printed, logged or
// marshalled, it reads [hidden], or nothing if it is empty. string(s) is the text.
type Secret string

const hidden = "[hidden]"

// String returns [hidden], or nothing.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString is String for the verb %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String for JSON and the log.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

const (
	// hashCost is what HashPassword asks of bcrypt, some 50 ms of one core: a
	// thousand ESMEs that bind again at once should not wait for minutes.
	hashCost = 10
	// maxHashCost is some 800 ms of one core for each bind.
	maxHashCost = 14
	// maxPassword is the longest that SMPP allows in a bind: 9 octets with the NUL
	// (SMPP 3.4 §5.2.2).
	maxPassword = 8
	// maxSecretFile is more than any password has.
	maxSecretFile = 128
)

// bcryptForm is a whole bcrypt hash: version, cost, 22 characters of salt and 31
// of hash. Version 2x marks hashes of a broken implementation.
var bcryptForm = regexp.MustCompile(`^\$2[aby]\$(\d\d)\$[./0-9A-Za-z]{53}$`)

// checkHash wants a bcrypt hash that can be checked in reasonable time.
func checkHash(s string) *problem {
	m := bcryptForm.FindStringSubmatch(s)
	switch {
	case m == nil:
		return &problem{"not a bcrypt hash", "readback hash-password makes one; in quotes"}
	case m[1] < fmt.Sprintf("%02d", bcrypt.MinCost):
		return &problem{"a bcrypt hash of a cost that there is not", "readback hash-password makes one"}
	case m[1] > fmt.Sprint(maxHashCost):
		return &problem{"a bcrypt hash of cost " + m[1] + " takes each bind too long", fmt.Sprintf("a cost of at most %d", maxHashCost)}
	}
	return nil
}

// HashPassword returns the bcrypt hash of a password for accounts.*.password_hash.
// It takes some 50 ms. It refuses what no bind can carry, a password that is empty
// or has a NUL in it, and what bcrypt cannot, one over 72 octets. SMPP allows 8
// (SMPP 3.4 §5.2.2), but some ESMEs have longer ones.
func HashPassword(password []byte) (string, error) {
	switch {
	case len(password) == 0:
		return "", errors.New("the password is empty")
	case slices.Contains(password, 0):
		return "", errors.New("the password has a NUL in it")
	}
	hash, err := bcrypt.GenerateFromPassword(password, hashCost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return string(hash), nil
}

// readPassword reads the password of the gateway's own binds.
func (l *loader) readPassword() {
	const key = "smsc.password_file"
	s := &l.cfg.SMSC
	if s.Mode != shared || s.PasswordFile == "" || l.failed[key] {
		return
	}
	secret, p := readSecret(s.PasswordFile)
	if p != nil {
		g, _ := l.origin(key)
		l.fail(key, g, p)
		return
	}
	s.Password = secret
}

// minProofKey is the least length of a key for proofs, in octets.
const minProofKey = 16

// oneLine is what a file with a secret should hold.
const oneLine = "the secret and nothing else, in one line"

// readProofKeys reads the keys for proofs.
func (l *loader) readProofKeys() {
	const key = "track.proof_keys"
	if l.failed[key] {
		return
	}
	for _, path := range l.cfg.Track.ProofKeys {
		secret, p := readSecret(path)
		if p == nil && len(secret) < minProofKey {
			p = &problem{fmt.Sprintf("the key is shorter than %d octets", minProofKey), "openssl rand -hex 32 makes one"}
		}
		if p != nil {
			g, _ := l.origin(key)
			l.fail(key, g, &problem{path + ": " + p.what, p.hint})
			return
		}
		l.cfg.Track.ProofSecrets = append(l.cfg.Track.ProofSecrets, secret)
	}
}

// readSecret reads a file that holds one line, whose end does not count.
func readSecret(path string) (Secret, *problem) {
	f, p := openFile(path)
	if p != nil {
		return "", p
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return "", unreadable(err)
	}
	s := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	switch {
	case s == "":
		return "", &problem{"the file is empty", oneLine}
	case len(data) > maxSecretFile:
		return "", &problem{"the file is too long for a secret", oneLine}
	case strings.ContainsFunc(s, unicode.IsControl):
		return "", &problem{"the file has more than one line, or control characters", oneLine}
	}
	return Secret(s), nil
}

// openFile opens a regular file; anything else, a pipe above all, could hold up
// the start.
func openFile(path string) (*os.File, *problem) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, &problem{"not a file", ""}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	return f, nil
}

// unreadable leaves out the path, which stands before it anyway.
func unreadable(err error) *problem {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return &problem{"cannot be read: " + err.Error(), ""}
}
