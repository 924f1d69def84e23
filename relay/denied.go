package relay

import (
	"math"
	"net/http"
	"time"
)

// unauthorized is the verdict on a caller that is not accepted, for the reason that err says.
func unauthorized(err error) Verdict {
	return Verdict{Code: http.StatusUnauthorized, Reason: err.Error()}
}

// unproven is the verdict on a caller that needs a proof and shows none. If the caller presented
// a token that has expired, the verdict says so: with 403 the caller would give up.
func unproven(by *Caller, field, reason string) Verdict {
	if by.Refused != nil {
		return unauthorized(by.Refused)
	}
	return Verdict{Code: http.StatusForbidden, Field: field, Reason: reason}
}

// limited is the verdict on a read response whose caller has to wait; its code is 0 if it need not.
func limited(wait time.Duration) Verdict {
	if wait == 0 {
		return Verdict{}
	}
	return Verdict{
		Code: http.StatusTooManyRequests, Reason: "too many of them",
		RetryAfter: int(math.Ceil(wait.Seconds())),
	}
}
