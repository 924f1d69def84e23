package config

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/crypto/bcrypt"

	"readback/internal/setting"
)

// Secret is text that is not shown: printed, logged or marshalled it is [hidden], or nothing
// if it is empty. string(s) returns the text.
type Secret string

// String returns [hidden], or nothing.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return setting.Hidden
}

// GoString is String for the verb %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String for JSON and the log.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

const (
	// hashCost is the bcrypt cost of HashPassword, some 50 ms of one core. It is low so that
	// a thousand ESMEs that bind again at once do not wait for minutes.
	hashCost = 10
	// maxPassword is the longest password that SMPP allows in a bind: 9 octets with the NUL
	// (SMPP 3.4 §5.2.2).
	maxPassword = 8
	// maxSecretFile is more than any password needs.
	maxSecretFile = 128
)

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
func readPassword(l *loader) {
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

// oneLine is the hint about a file with a secret.
const oneLine = "the secret and nothing else, in one line"

// readSecret reads a file that holds one line. The line may end with a line break.
func readSecret(path string) (Secret, *problem) {
	f, p := setting.OpenFile(path)
	if p != nil {
		return "", (*problem)(p)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return "", (*problem)(setting.Unreadable(err))
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
