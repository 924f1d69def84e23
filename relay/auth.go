package relay

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Ways in Options.Auth by which a caller may show who it is.
const (
	AuthNone   = "none"    // it need not
	AuthAPIKey = "api_key" // of APIKeys: speaks for all
	AuthJWT    = "jwt"     // by Tokens: speaks for one subscriber
	AuthMTLS   = "mtls"    // a certificate of its TLS connection: see subscriberOf
	AuthProof  = "proof"   // it need not, but each response must show its proof
)

// APIKey is the key of an app backend, known by its hash.
type APIKey struct {
	Name   string // for the log
	SHA256 string // in hex
	Rate   int    // read responses a minute; 0: no limit
}

// validateAuth names what is wrong with who may come in.
func (o *Options) validateAuth() error {
	var err error
	wrong := func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) }
	for _, a := range o.Auth {
		switch {
		case a == AuthAPIKey && len(o.APIKeys) == 0:
			wrong("auth: %s without a key", a)
		case a == AuthJWT && o.Tokens == nil:
			wrong("auth: %s without keys of tokens", a)
		case a == AuthProof && !o.Proofs.On():
			wrong("auth: %s without a proof key", a)
		case !slices.Contains([]string{AuthNone, AuthAPIKey, AuthJWT, AuthMTLS, AuthProof}, a):
			wrong("auth: %q is unknown", a)
		}
	}
	for _, l := range []*Listener{o.MQTT, o.WebSocket} {
		if l != nil && !l.isLocal() && slices.Contains(o.Auth, AuthNone) {
			wrong("auth: %s would let anyone report a read who reaches %s", AuthNone, l.Addr)
		}
	}
	guard := http.NewCrossOriginProtection()
	for _, origin := range o.Origins {
		if e := guard.AddTrustedOrigin(origin); e != nil {
			wrong("origins: %w", e)
		}
	}
	for i, k := range o.APIKeys {
		if b, e := hex.DecodeString(strings.TrimSpace(k.SHA256)); e != nil || len(b) != 32 {
			wrong("api key %d: not a SHA-256 in hex", i+1)
		}
	}
	return err
}
