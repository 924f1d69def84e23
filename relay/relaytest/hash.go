package relaytest

import (
	"crypto/sha256"
	"encoding/hex"
)

// SHA256 returns the hash of an API key as it stands in the settings.
func SHA256(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
