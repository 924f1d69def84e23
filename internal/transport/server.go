package transport

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"readback/internal/kept"
)

// certificates names the contents of the files in the log.
const certificates = "certificates"

// Server names the PEM files of a TLS server.
type Server struct {
	Cert     string // its certificate, then those that lead to the root
	Key      string // its private key
	ClientCA string // authorities of its clients; empty: clients need no certificate
	// ClientCRL has lists of clients' certificates that are revoked, in PEM or one in DER; empty: none.
	ClientCRL string

	ClientOptional bool     // a client may have no certificate, but no invalid one
	Work           Work     // has the processor for its signatures; nil: one of its own
	Protocols      []string // of ALPN, the preferred one first
}

// ServerTLS is the server's side of TLS, by files that may change.
type ServerTLS struct {
	kept kept.Files[tls.Config]
	log  *slog.Logger
}

// NewServer reads the files.
func NewServer(files Server, log *slog.Logger) (*ServerTLS, error) {
	if files.Cert == "" || files.Key == "" {
		return nil, errors.New("a TLS server needs a certificate and a key")
	}
	if files.Work == nil {
		files.Work = NewWork()
	}
	s := &ServerTLS{log: log}
	s.kept.What = certificates
	s.kept.Names = named(files.Cert, files.Key, files.ClientCA, files.ClientCRL)
	s.kept.Read = func() (*tls.Config, error) { return files.read(log) }
	if err := s.kept.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// named removes empty names.
func named(files ...string) []string {
	var all []string
	for _, f := range files {
		if f != "" {
			all = append(all, f)
		}
	}
	return all
}

func (f Server) read(log *slog.Logger) (*tls.Config, error) {
	pair, err := readPair(f.Cert, f.Key)
	if err != nil {
		return nil, err
	}
	if key, ok := pair.PrivateKey.(crypto.Signer); ok {
		pair.PrivateKey = budgeted{key, f.Work}
	}
	c := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		// A resumed session would rely on the authorities of its first handshake.
		SessionTicketsDisabled: true,
		NextProtos:             f.Protocols,
	}
	if f.ClientCA == "" {
		return c, nil
	}
	c.ClientAuth = tls.RequireAndVerifyClientCert
	if f.ClientOptional {
		c.ClientAuth = tls.VerifyClientCertIfGiven
	}
	authorities, err := readAuthorities(f.ClientCA)
	if err != nil {
		return nil, err
	}
	c.ClientCAs = newPool(authorities)
	if f.ClientCRL == "" {
		return c, nil
	}
	r, err := readRevoked(f.ClientCRL, authorities)
	if err != nil {
		return nil, err
	}
	r.warn(log, f.ClientCRL)
	c.VerifyConnection = r.check
	return c, nil
}

// Config returns a configuration, TLS 1.2 or later, that uses the newest contents of the
// files for each handshake. It stays valid when the files change.
func (s *ServerTLS) Config() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS12,
		SessionTicketsDisabled: true,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return s.kept.Now(), nil
		},
	}
}

// Reload reads the files now. After an error the old contents stay in use. Existing
// connections are not affected.
func (s *ServerTLS) Reload() error { return s.kept.Reload() }

// Watch reloads when the files change, and logs that, until ctx ends. It checks the files at
// the given interval; 0: every 5 s.
func (s *ServerTLS) Watch(ctx context.Context, every time.Duration) {
	s.kept.Watch(ctx, every, s.log)
}
