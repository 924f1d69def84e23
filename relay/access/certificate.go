package access

import (
	"crypto/x509"
	"errors"
	"slices"
	"strings"

	"readback/relay/message"
)

// errSubject says that a certificate is for a subscriber, but not for which one.
var errSubject = errors.New("certificate names no single subscriber")

// minSubscriber is the least number of digits in a subscriber's number.
const minSubscriber = 5

// subscriberOf returns the subscriber that a certificate is for: the one in its URI tel:+…, or
// else in a common name that is a number. It returns the zero Addr for any other certificate,
// which is one of a backend.
func subscriberOf(cert *x509.Certificate) (message.Addr, error) {
	var number string
	for _, u := range cert.URIs {
		if !strings.EqualFold(u.Scheme, "tel") {
			continue
		}
		if number != "" {
			return message.Addr{}, errSubject
		}
		if number = telNumber(u.Opaque); number == "" {
			return message.Addr{}, errSubject
		}
	}
	if number == "" {
		if number = separators.Replace(cert.Subject.CommonName); !isSubscriber(number) {
			return message.Addr{}, nil
		}
	}
	return message.NormalAddr(number)
}

// isNamed reports whether a certificate is for a name.
func isNamed(cert *x509.Certificate, name string) bool {
	return cert.Subject.CommonName == name || slices.Contains(cert.DNSNames, name)
}

// separators removes what stands between digits for the reader only.
var separators = strings.NewReplacer("-", "", ".", "", "(", "", ")", "", " ", "")

// telNumber returns the global number in a tel URI (RFC 3966 §3), without its separators; empty
// if it has none.
func telNumber(s string) string {
	s = separators.Replace(s)
	if !strings.HasPrefix(s, "+") || !isSubscriber(s) {
		return ""
	}
	return s
}

func isSubscriber(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	return len(digits) >= minSubscriber && len(s) <= message.MaxAddr && message.AllDigits([]byte(digits))
}
