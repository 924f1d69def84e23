package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// subjects are Tokens that stand for themselves; those with a blank are bad.
type subjects struct{}

func (subjects) Subject(token string, _ time.Time) (string, error) {
	if strings.Contains(token, " ") {
		return "", errors.New("token is bad")
	}
	return token, nil
}
