package transport

import (
	"crypto/tls"
	"crypto/x509"
)

// PlainConfig is Config for a server that sets GetConfigForClient itself. Later changes do
// not affect whether clients need a certificate.
func (s *ServerTLS) PlainConfig() *tls.Config {
	c := &tls.Config{
		MinVersion:             tls.VersionTLS12,
		SessionTicketsDisabled: true,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &s.kept.Now().Certificates[0], nil
		},
	}
	if now := s.kept.Now(); now.ClientCAs != nil {
		c.ClientAuth = tls.RequireAnyClientCert
		if now.ClientAuth == tls.VerifyClientCertIfGiven {
			c.ClientAuth = tls.RequestClientCert
		}
		c.VerifyConnection = s.verifyClient
	}
	return c
}

// verifyClient verifies a client's certificate by the newest authorities.
func (s *ServerTLS) verifyClient(state tls.ConnectionState) error {
	shown := state.PeerCertificates
	if len(shown) == 0 {
		return nil // none is required, or the handshake had failed
	}
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	now := s.kept.Now()
	chains, err := shown[0].Verify(x509.VerifyOptions{
		Roots: now.ClientCAs, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil || now.VerifyConnection == nil {
		return err
	}
	state.VerifiedChains = chains
	return now.VerifyConnection(state)
}
