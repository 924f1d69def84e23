package command

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"

	"readback/internal/simulator/scenario"
)

// Files are those that `sim smsc` reads at its start. An empty name means none.
type Files struct {
	Scenario  string // rules
	Cert, Key string // PEM: to serve TLS
	ClientCA  string // PEM: who signs the certificates that ESMEs must have
}

// Failure is what `sim smsc` refuses messages with, behind the rules of a scenario.
type Failure struct {
	Rate   float64 // share of the messages; zero refuses none
	Status string  // by name or number; empty stands for ESME_RSYSERR
}

// scenario returns what the file asks for, nil if there is none, and the rule of the failure rate, if there is one.
func (cmd *SMSC) scenario() (s *scenario.Scenario, behind []scenario.Rule, err error) {
	if cmd.Files.Scenario != "" {
		if s, err = scenario.Load(cmd.Files.Scenario); err != nil {
			return nil, nil, err
		}
	}
	if cmd.Failure.Rate == 0 {
		if cmd.Failure.Status != "" {
			return nil, nil, errors.New("--failure-status needs --failure-rate")
		}
		return s, nil, nil
	}
	r, err := scenario.FailureRule(cmd.Failure.Rate, cmd.Failure.Status)
	return s, []scenario.Rule{r}, err
}

// seed is that of the command line, or any.
func (cmd *SMSC) seed() uint64 {
	if cmd.Seed != 0 {
		return cmd.Seed
	}
	return rand.Uint64N(1 << 32) // short enough to be typed
}

// listen listens on addr, for TLS if there is a certificate.
func (f Files) listen(addr string) (net.Listener, error) {
	switch {
	case f.Cert != "" && f.Key == "":
		return nil, errors.New("--tls-cert needs --tls-key")
	case f.Cert == "":
		if f.Key != "" || f.ClientCA != "" {
			return nil, errors.New("--tls-key and --client-ca need --tls-cert")
		}
		return net.Listen("tcp", addr)
	}
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if f.ClientCA != "" {
		pem, err := os.ReadFile(f.ClientCA)
		if err != nil {
			return nil, fmt.Errorf("--client-ca: %w", err)
		}
		cfg.ClientCAs, cfg.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !cfg.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--client-ca: %s has no certificate in PEM", f.ClientCA)
		}
	}
	return tls.Listen("tcp", addr, cfg)
}
