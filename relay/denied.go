package relay

import (
	"math"
	"time"

	"readback/relay/access"
	"readback/relay/message"
)

// unauthorized is the verdict on a caller that is not accepted, for the reason that err says.
func unauthorized(err error) message.Verdict {
	return message.Verdict{Kind: message.VerdictUnauthenticated, Reason: err.Error()}
}

// unproven is the verdict on a caller that needs a proof and shows none. If the caller presented
// a token that has expired, the verdict says so: with 403 the caller would give up.
func unproven(by *access.Caller, field, reason string) message.Verdict {
	if by.Refused != nil {
		return unauthorized(by.Refused)
	}
	return message.Verdict{Kind: message.VerdictForbidden, Field: field, Reason: reason}
}

// limited is the verdict on a read response whose caller has to wait; none if it need not.
func limited(wait time.Duration) message.Verdict {
	if wait == 0 {
		return message.Verdict{}
	}
	return message.Verdict{
		Kind: message.VerdictTooMany, Reason: "too many of them",
		RetryAfter: int(math.Ceil(wait.Seconds())),
	}
}
