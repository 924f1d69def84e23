package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// oldSignature is the signature header of the first release.
const oldSignature = "Readback-Signature"

// Secret signs requests. Make one with ParseSecret.
type Secret struct {
	text   []byte // the key of Readback-Signature
	signer *standardwebhooks.Webhook
}

// Bounds of a key that a secret has in base64, by Standard Webhooks.
const (
	keyPrefix = "whsec_"
	minKey    = 24 // octets
	maxKey    = 64
)

// ParseSecret parses the text of a secret. If it begins with whsec_, the rest is the key of
// webhook-signature in base64, as Standard Webhooks writes it. Otherwise its octets
// themselves are the key.
func ParseSecret(text string) (*Secret, error) {
	key := []byte(text)
	if encoded, ok := strings.CutPrefix(text, keyPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil || len(key) < minKey || len(key) > maxKey {
			return nil, fmt.Errorf("what follows %s is not the base64 of %d to %d octets", keyPrefix, minKey, maxKey)
		}
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return nil, err
	}
	return &Secret{text: []byte(text), signer: signer}, nil
}

// sign adds the headers of Standard Webhooks: webhook-id, webhook-timestamp and
// webhook-signature. The signature includes the time, so that nobody can replay an old
// request as a new one.
func (s *Secret) sign(h http.Header, event string, at time.Time, body []byte) error {
	signature, err := s.signer.Sign(event, at, body)
	if err != nil {
		return err
	}
	h.Set(standardwebhooks.HeaderWebhookID, event)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return nil
}

// old returns the value of Readback-Signature: the time of the request, and the HMAC-SHA256
// of that time, a dot and the body. The next release removes it.
func (s *Secret) old(at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, s.text)
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
