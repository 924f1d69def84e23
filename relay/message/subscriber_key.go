package message

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// SubscriberKey is the key under which a log names subscribers by a hash of their numbers. Without it nobody can
// compute the hashes of all numbers, to find out which one a line of the log is about. An empty key names nobody.
type SubscriberKey []byte

// subscriberOctets is how many octets of a hash are shown. With 2^64 hashes two subscribers of a network hardly ever
// have the same one.
const subscriberOctets = 8

// Hash returns what stands for a number in the log: 16 hexadecimal digits of the HMAC-SHA256 of the number in the form
// of NormalAddr, so that it is the same for all ways to write an address. It is empty without a key, and for what is not an
// address.
func (k SubscriberKey) Hash(number string) string {
	addr, err := NormalAddr(number)
	if len(k) == 0 || err != nil {
		return ""
	}
	mac := hmac.New(sha256.New, k)
	mac.Write(addr.Bytes())
	return hex.EncodeToString(mac.Sum(nil)[:subscriberOctets])
}
