package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/ops"
	"readback/internal/setting"
	"readback/internal/transport"
)

// askTime is how long a running gateway may take to answer a command.
const askTime = 30 * time.Second

var errOpsOff = errors.New("ops.addr is off: there is nobody to ask")

// askFlags adds the flags with the address of a running gateway, and the credential for it.
func askFlags(cmd *cobra.Command) {
	config.RegisterFlags(cmd.Flags())
	cmd.Flags().String("ops", "", "the gateway's ops.addr, `HOST:PORT` or https://HOST:PORT, in place of that in the configuration")
	cmd.Flags().String("token-file", "", "`FILE` with the operator's token, in place of ops.token_file")
	cmd.Flags().String("ca", "", "PEM `FILE` of the authorities of the gateway's certificate; empty is those of the system, or ops.tls.cert itself")
	cmd.Flags().String("client-cert", "", "PEM `FILE` of the operator's certificate")
	cmd.Flags().String("client-key", "", "PEM `FILE` of the key of --client-cert")
}

// askGateway calls ask with a client of a running gateway's operator interface.
func askGateway(cmd *cobra.Command, ask func(ctx context.Context, gateway *ops.Client) error) error {
	gateway, err := openOps(cmd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), askTime)
	defer cancel()
	return ask(ctx, gateway)
}

// maxAskFile is more than any token or certificate needs.
const maxAskFile = 4 << 20

// openOps returns a client of the gateway's operator interface that presents the operator's credential.
func openOps(cmd *cobra.Command) (*ops.Client, error) {
	c, tokenFile, err := findOps(cmd, func(o config.Ops) string { return o.Addr })
	if err != nil || tokenFile == "" {
		return c, err
	}
	token, err := setting.ReadFile(tokenFile, maxAskFile)
	if err != nil {
		return nil, fmt.Errorf("operator's token: %w", err)
	}
	c.Token = strings.TrimSpace(string(token))
	return c, nil
}

// findOps returns a client of the gateway's operator interface, and the file of the operator's token; empty if
// there is none. choose returns the address to ask, of those in the configuration; empty if it is off.
func findOps(cmd *cobra.Command, choose func(config.Ops) string) (c *ops.Client, tokenFile string, err error) {
	flag := func(name string) string { return cmd.Flags().Lookup(name).Value.String() }
	var cfg config.Ops
	addr := flag("ops")
	if addr == "" {
		if cfg, err = loadOps(cmd); err != nil {
			return nil, "", err
		}
		if addr = choose(cfg); addr == "" {
			return nil, "", errOpsOff
		}
	}
	c = new(ops.Client)
	secure := cfg.TLS.Cert != "" || flag("ca") != "" || flag("client-cert") != ""
	if c.Base, err = opsURL(addr, secure); err != nil {
		return nil, "", err
	}
	c.TLS, err = opsTLS(cfg.TLS.Cert, flag("ca"), flag("client-cert"), flag("client-key"))
	return c, cmp.Or(flag("token-file"), cfg.TokenFile), err
}

// loadOps reads where the gateway is. The rest of its configuration may be wrong.
func loadOps(cmd *cobra.Command) (config.Ops, error) {
	cfg, err := config.LoadOps(cmd.Flags())
	if err = sayErrors(cmd, err); err != nil {
		say(cmd.ErrOrStderr(), "--ops HOST:PORT asks the gateway without reading the file\n")
	}
	return cfg, err
}

// opsURL returns the URL of an address, which may be a URL already.
func opsURL(addr string, secure bool) (string, error) {
	if strings.Contains(addr, "://") {
		return strings.TrimSuffix(addr, "/"), nil
	}
	base, err := baseURL(addr)
	if secure {
		base = "https" + strings.TrimPrefix(base, "http")
	}
	return base, err
}

// opsTLS returns how to verify the gateway, and what to present to it. Without authorities, own is the
// gateway's certificate in the configuration, which it must present.
func opsTLS(own, ca, cert, key string) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	switch {
	case ca != "":
		t.RootCAs, err = transport.ReadPool(ca)
	case own != "":
		t.RootCAs, t.ServerName, err = readOwn(own)
	}
	if err != nil || cert == "" && key == "" {
		return t, err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("--client-cert, --client-key: %w", err)
	}
	t.Certificates = []tls.Certificate{pair}
	return t, nil
}

// readOwn reads the gateway's certificate and its chain. It returns them as authorities, and a name in the
// certificate.
func readOwn(file string) (roots *x509.CertPool, name string, err error) {
	text, err := setting.ReadFile(file, maxAskFile)
	if err != nil {
		return nil, "", fmt.Errorf("ops.tls.cert: %w", err)
	}
	roots, err = transport.ReadPool(file)
	if err != nil {
		return nil, "", fmt.Errorf("ops.tls.cert: %w", err)
	}
	block, _ := pem.Decode(text)
	leaf, err := x509.ParseCertificate(block.Bytes)
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("ops.tls.cert: %w", err)
	case len(leaf.DNSNames) > 0:
		name = strings.Replace(leaf.DNSNames[0], "*", "any", 1)
	case len(leaf.IPAddresses) > 0:
		name = leaf.IPAddresses[0].String()
	}
	return roots, name, nil
}

// baseURL returns the URL by which this machine reaches a listener at addr.
func baseURL(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
