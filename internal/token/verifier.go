// Package token verifies JSON Web Tokens (RFC 7519) by keys in a file, and returns their
// subscriber.
package token

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"readback/internal/kept"
)

// maxToken is more than any token needs.
const maxToken = 8 << 10

// Options of a Verifier: settings of the section reads.jwt. Keys must be set.
type Options struct {
	Keys     string        `key:"keys" form:"file" empty:"none" secret:"keys" doc:"file with the keys that tokens are signed with: public keys in PEM, a JWK set, or an HMAC secret in one line; read again when it changes"`
	Leeway   time.Duration `key:"leeway" default:"30s" range:"0s..10m" doc:"how far the clock of the issuer may be off"`
	Issuer   string        `key:"issuer" doc:"claim iss that a token must have; empty is any"`
	Audience string        `key:"audience" doc:"claim aud that a token must have; empty is any"`
}

// Verifier verifies tokens by keys that may change.
type Verifier struct {
	opt  Options
	log  *slog.Logger
	keys kept.Files[keys]
}

// NewVerifier reads the file.
func NewVerifier(opt Options, log *slog.Logger) (*Verifier, error) {
	v := &Verifier{opt: opt, log: log}
	v.keys = kept.Files[keys]{
		What: "keys of tokens", Names: []string{opt.Keys},
		Read: func() (*keys, error) { return readKeys(opt.Keys) },
	}
	if err := v.keys.Reload(); err != nil {
		return nil, err
	}
	return v, nil
}

// Reload reads the file now. After an error the keys from before stay in use.
func (v *Verifier) Reload() error { return v.keys.Reload() }

// Watch reads the file again when it changes, until ctx ends. It checks the file at the given
// interval; 0: every 5 s.
func (v *Verifier) Watch(ctx context.Context, every time.Duration) { v.keys.Watch(ctx, every, v.log) }

// claims are the claims that a token must have.
type claims struct {
	jwt.RegisteredClaims
	MSISDN string `json:"msisdn"`
}

var (
	errNobody   = errors.New("token names no subscriber")
	errTooLong  = errors.New("token is too long")
	errCritical = errors.New("token has a header that must be understood")
)

// Subject returns the subscriber for whom a token is valid at a time: its claim msisdn, or
// sub without one. Its errors contain nothing secret.
func (v *Verifier) Subject(token string, now time.Time) (string, error) {
	if len(token) > maxToken {
		return "", errTooLong
	}
	var c claims
	_, err := jwt.NewParser(v.parserOptions(now)...).ParseWithClaims(token, &c, v.keys.Now().candidates)
	switch {
	case err != nil:
		return "", err
	case c.MSISDN != "":
		return c.MSISDN, nil
	case c.Subject == "":
		return "", errNobody
	}
	return c.Subject, nil
}

func (v *Verifier) parserOptions(now time.Time) []jwt.ParserOption {
	opts := []jwt.ParserOption{
		jwt.WithValidMethods(methods), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(v.opt.Leeway), jwt.WithTimeFunc(func() time.Time { return now }),
	}
	if v.opt.Issuer != "" {
		opts = append(opts, jwt.WithIssuer(v.opt.Issuer))
	}
	if v.opt.Audience != "" {
		opts = append(opts, jwt.WithAudience(v.opt.Audience))
	}
	return opts
}
