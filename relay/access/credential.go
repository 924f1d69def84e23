package access

import (
	"crypto/x509"
	"strings"
)

// Credential is what a caller presents, whatever way it comes in.
type Credential struct {
	Token       string            // Authorization: Bearer; the password of MQTT
	APIKey      string            // X-API-Key
	Certificate *x509.Certificate // of its TLS connection, verified
}

// CredentialOf returns the credential in the headers of HTTP, or of a NATS message, which keeps
// the case of their names.
func CredentialOf(headers map[string][]string) (cred Credential) {
	for name, values := range headers {
		if len(values) == 0 {
			continue
		}
		switch {
		case strings.EqualFold(name, "X-API-Key"):
			cred.APIKey = values[0]
		case strings.EqualFold(name, "Authorization"):
			if scheme, token, _ := strings.Cut(values[0], " "); strings.EqualFold(scheme, "Bearer") {
				cred.Token = strings.TrimSpace(token)
			}
		}
	}
	return cred
}
