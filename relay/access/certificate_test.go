package access

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/url"
	"strings"
	"testing"
)

func certificate(cn string, uris ...string) *x509.Certificate {
	c := &x509.Certificate{Subject: pkix.Name{CommonName: cn}}
	for _, s := range uris {
		u, err := url.Parse(s)
		if err != nil {
			panic(err)
		}
		c.URIs = append(c.URIs, u)
	}
	return c
}

func TestSubscriberOf(t *testing.T) {
	tests := []struct {
		name string
		cert *x509.Certificate
		want string // empty: a backend; "none": nobody
	}{
		{"backend", certificate("app.example"), ""},
		{"no name", certificate(""), ""},
		{"another URI", certificate("app.example", "spiffe://example/app"), ""},
		{"number as name", certificate("+447700900123"), "447700900123"},
		{"digits as name", certificate("447700900123"), "447700900123"},
		{"number for the eye", certificate("+44 (7700) 900-123"), "447700900123"},
		{"few digits", certificate("1234"), ""},
		{"too many digits", certificate(strings.Repeat("1", 21)), ""},
		{"tel", certificate("app.example", "tel:+447700900123"), "447700900123"},
		{"tel before name", certificate("447700900999", "tel:+447700900123"), "447700900123"},
		{"tel with separators", certificate("", "TEL:+44-7700.(900)123"), "447700900123"},
		{"local tel", certificate("app", "tel:7042;phone-context=example.com"), "none"},
		{"tel with parameters", certificate("app", "tel:+447700900123;ext=1"), "none"},
		{"empty tel", certificate("app", "tel:"), "none"},
		{"two tels", certificate("app", "tel:+447700900123", "tel:+447700900124"), "none"},
		{"two tels, the first one bad", certificate("app", "tel:x", "tel:+447700900124"), "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := subscriberOf(tt.cert)
			got := a.String()
			if err != nil {
				got = "none"
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
