package otlp

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"readback/relay/index"
)

// keySize is that of the key that traces have until NameSubscribers gives one.
const keySize = 32

// New returns an Exporter. It exports nothing before Run.
func New(opt Options) (*Exporter, error) {
	to, err := url.JoinPath(opt.URL, "v1", "traces")
	if err != nil {
		return nil, fmt.Errorf("url of the collector: %w", err)
	}
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // it never fails
	if opt.transport == nil {
		opt.transport = newTransport(opt.Roots)
	}
	return &Exporter{
		opt: opt, url: to, ids: newHasher(key), queue: make(chan index.Step, maxQueue),
		client: &http.Client{
			Transport: opt.transport,
			// The headers may have a secret, which is for the collector alone.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func newTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: tryTime}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           1,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: maxAnswer,
	}
}
