package intake

import (
	"net/http"
	"slices"

	"readback/relay/message"
)

// codes are the HTTP status codes of the verdicts (docs/wire.md). Answers over NATS and MQTT have
// them, too.
var codes = [...]int{
	message.VerdictAccepted:        http.StatusAccepted,
	message.VerdictMalformed:       http.StatusBadRequest,
	message.VerdictUnauthenticated: http.StatusUnauthorized,
	message.VerdictForbidden:       http.StatusForbidden,
	message.VerdictNotFound:        http.StatusNotFound,
	message.VerdictAmbiguous:       http.StatusConflict,
	message.VerdictTooOld:          http.StatusGone,
	message.VerdictTooLarge:        http.StatusRequestEntityTooLarge,
	message.VerdictTooMany:         http.StatusTooManyRequests,
	message.VerdictFailed:          http.StatusInternalServerError,
	message.VerdictUnavailable:     http.StatusServiceUnavailable,
}

// Code returns the HTTP status code of a kind of verdicts.
func Code(k message.VerdictKind) int { return codes[k] }

// Codes returns the HTTP status codes of all verdicts.
func Codes() []int {
	return slices.DeleteFunc(slices.Clone(codes[:]), func(code int) bool { return code == 0 })
}

// verdictJSON is the JSON of a verdict.
type verdictJSON struct {
	Code       int    `json:"code"`                  // of HTTP
	Reason     string `json:"error,omitempty"`       // why it was refused
	Field      string `json:"field,omitempty"`       // which field is at fault
	RetryAfter int    `json:"retry_after,omitempty"` // seconds after which to send it again
}

// wireVerdict returns the value for the JSON of a verdict.
func wireVerdict(v message.Verdict) verdictJSON {
	return verdictJSON{Code: Code(v.Kind), Reason: v.Reason, Field: v.Field, RetryAfter: v.RetryAfter}
}
