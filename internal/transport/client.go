package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"readback/internal/kept"
)

// Client names the PEM files of a TLS client, and its server.
type Client struct {
	CA         string // authorities of the server; empty: those of the system
	Cert       string // its own certificate, if the server asks for one
	Key        string // and the private key to it
	ServerName string // of the server; empty: the host that is dialled
}

// ClientTLS is the client's side of TLS, by files that may change.
type ClientTLS struct {
	files Client
	tcp   TCP
	kept  kept.Files[credentials]
	log   *slog.Logger
}

// credentials are the contents of the files of a Client.
type credentials struct {
	roots *x509.CertPool  // nil: the system's
	cert  tls.Certificate // empty: no certificate
}

// NewClient reads the files.
func NewClient(files Client, tcp TCP, log *slog.Logger) (*ClientTLS, error) {
	if (files.Cert == "") != (files.Key == "") {
		return nil, errors.New("a client certificate needs its key, and a key its certificate")
	}
	c := &ClientTLS{files: files, tcp: tcp, log: log}
	c.kept.What = certificates
	c.kept.Names = named(files.CA, files.Cert, files.Key)
	c.kept.Read = files.read
	if err := c.kept.Reload(); err != nil {
		return nil, err
	}
	return c, nil
}

func (f Client) read() (*credentials, error) {
	var c credentials
	var err error
	if f.CA != "" {
		if c.roots, err = ReadPool(f.CA); err != nil {
			return nil, err
		}
	}
	if f.Cert != "" {
		if c.cert, err = readPair(f.Cert, f.Key); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// Dial opens a connection and does the handshake, TLS 1.2 or later, with the newest contents
// of the files. Both must be done within the time-out of TCP. With TLS 1.3, a server that
// refuses our certificate says so only in the next read.
func (c *ClientTLS) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if c.tcp.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.tcp.Timeout)
		defer cancel()
	}
	raw, err := c.tcp.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, c.config(addr))
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the cause is in err
		return nil, fmt.Errorf("TLS with %s: %w", addr, err)
	}
	return conn, nil
}

// config is for one connection.
func (c *ClientTLS) config(addr string) *tls.Config {
	name := c.files.ServerName
	if name == "" {
		name, _, _ = net.SplitHostPort(addr) // it was dialled, so it has a port
	}
	now := c.kept.Now()
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		ServerName: name,
		RootCAs:    now.roots,
		// Unlike Certificates, this presents our certificate even to a server that names
		// other authorities. The server can then say what is wrong with it.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &now.cert, nil
		},
	}
}

// Reload reads the files now. After an error the old contents stay in use. Existing
// connections are not affected.
func (c *ClientTLS) Reload() error { return c.kept.Reload() }

// Watch reloads when the files change, and logs that, until ctx ends. It checks the files at
// the given interval; 0: every 5 s.
func (c *ClientTLS) Watch(ctx context.Context, every time.Duration) {
	c.kept.Watch(ctx, every, c.log)
}
