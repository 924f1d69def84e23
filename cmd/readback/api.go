package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"readback/internal/setting"
	"readback/internal/transport"
)

// api is the HTTP interface for read responses of a running gateway.
type api struct {
	base, key string
	client    *http.Client
}

// apiFlags adds the flags with the interface's address and the credentials, beside those of the configuration.
func apiFlags(cmd *cobra.Command) {
	cmd.Flags().String("url", "", "the gateway's HTTP interface, `URL`, in place of the configuration's reads.addr")
	cmd.Flags().String("key-file", "", "`FILE` with the API key, where reads.auth asks for one")
	if cmd.Flags().Lookup("ca") == nil {
		cmd.Flags().String("ca", "", "PEM `FILE` of the authorities of the interface's certificate; empty is those of the system")
	}
}

func openAPI(cmd *cobra.Command) (*api, error) {
	a := &api{client: &http.Client{}}
	flag := func(name string) string { return cmd.Flags().Lookup(name).Value.String() }
	if a.base = strings.TrimSuffix(flag("url"), "/"); a.base == "" {
		cfg, err := loadConfig(cmd)
		if err != nil {
			return nil, err
		}
		if cfg.Reads.Addr == "" {
			return nil, errors.New("reads.addr is off: there is nobody to ask")
		}
		if a.base, err = baseURL(cfg.Reads.Addr); err != nil {
			return nil, err
		}
		if cfg.Reads.TLS.Cert != "" {
			a.base = "https" + strings.TrimPrefix(a.base, "http")
		}
	}
	if file := flag("key-file"); file != "" {
		key, err := setting.ReadFile(file, maxAskFile)
		if err != nil {
			return nil, fmt.Errorf("key file: %w", err)
		}
		a.key = strings.TrimSpace(string(key))
	}
	if file := flag("ca"); file != "" {
		roots, err := transport.ReadPool(file)
		if err != nil {
			return nil, err
		}
		a.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}
	}
	return a, nil
}

// do sends a request, with a body if there is one, and reads the JSON of the answer.
func (a *api) do(ctx context.Context, method, path string, body, into any) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return 0, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	if a.key != "" {
		req.Header.Set("X-API-Key", a.key)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask the gateway: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	const most = 8 << 20
	if err := json.NewDecoder(io.LimitReader(resp.Body, most)).Decode(into); err != nil {
		return 0, fmt.Errorf("gateway says %s: %w", resp.Status, err)
	}
	return resp.StatusCode, nil
}
